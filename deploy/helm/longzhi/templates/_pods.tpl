{{/* What every pod has: PodSecurity `restricted`, no token, nothing written but /tmp. */}}
{{- define "longzhi.podSettings" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
  - {name: {{ . }}}
{{- end }}
{{- end }}
{{- end }}

{{- define "longzhi.containerSettings" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
{{- end }}

{{/* Pods of one component over nodes and zones, wherever there is a choice; one node does too. */}}
{{- define "longzhi.spread" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 50
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "longzhi.selector" . | nindent 14 }}
topologySpreadConstraints:
  {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
  - topologyKey: {{ . }}
    maxSkew: 1
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels: {{- include "longzhi.selector" $ | nindent 8 }}
  {{- end }}
{{- end }}

{{- define "longzhi.secretEnv" -}}
- name: {{ .name }}
  valueFrom: {secretKeyRef: {name: {{ .secret }}, key: {{ .key }}}}
{{- end }}

{{/* Where Kafka is and as whom one comes; `root` and `user` are given: each service is a user of its own name. */}}
{{- define "longzhi.kafkaEnv" -}}
- {name: KAFKA_BOOTSTRAP, value: {{ include "longzhi.kafka" .root | quote }}}
{{- $security := include "longzhi.kafkaSecurity" .root }}
{{- if ne $security "plaintext" }}
- {name: KAFKA_SECURITY, value: {{ $security }}}
{{- if include "longzhi.kafkaCa" .root }}
- {name: KAFKA_CA_FILE, value: /kafka/ca.crt}
{{- end }}
{{- if eq $security "sasl_tls" }}
- {name: KAFKA_USERNAME, value: {{ .user }}}
{{ include "longzhi.secretEnv" (dict "name" "KAFKA_PASSWORD" "secret" (include "longzhi.kafkaSecret" .root) "key" .user) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "longzhi.kafkaMount" -}}
{{- if include "longzhi.kafkaCa" . }}
- {name: kafka-ca, mountPath: /kafka, readOnly: true}
{{- end }}
{{- end }}

{{- define "longzhi.kafkaVolume" -}}
{{- with include "longzhi.kafkaCa" . }}
- name: kafka-ca
  secret: {secretName: {{ . }}, defaultMode: 0440, items: [{key: ca.crt, path: ca.crt}]}
{{- end }}
{{- end }}

{{/* Environment of one service, the same names as on one machine (common.settings); `root`, `service` and `own` are given. */}}
{{- define "longzhi.env" -}}
{{- $v := .root.Values -}}
{{- $full := include "longzhi.fullname" .root -}}
{{- $calls := .root.Files.Get "files/calls.yaml" | fromYaml -}}
{{- $holds := get $calls.holds .service | default list -}}
{{- $reaches := get $calls.reaches .service | default list -}}
{{- $keys := include "longzhi.keysSecret" .root -}}
- {name: SERVICE_NAME, value: {{ .service }}}
- {name: PROVINCE, value: {{ $v.province | quote }}}
- {name: HTTP_ADDR, value: "0.0.0.0:8000"}
- {name: RPC_ADDR, value: "0.0.0.0:9000"}
- {name: GATEWAY_PREFIX, value: /api/{{ .service }}}
- {name: PUBLIC_URL, value: {{ include "longzhi.publicUrl" .root | quote }}}
{{ include "longzhi.kafkaEnv" (dict "root" .root "user" .service) }}
- {name: OIDC_ISSUER, value: {{ include "longzhi.issuer" .root | quote }}}
- {name: OIDC_JWKS_URL, value: {{ printf "%s/realms/longzhi/protocol/openid-connect/certs" (include "longzhi.keycloak" .root) | quote }}}
- {name: OIDC_AUDIENCE, value: {{ $v.identity.audience | quote }}}
- {name: POOL_SIZE, value: {{ .own.poolSize | quote }}}
- {name: DRAIN_SECONDS, value: {{ .own.drainSeconds | quote }}}
- {name: LOG_LEVEL, value: {{ $v.telemetry.logLevel }}}
- {name: TRACES_EXPORTER, value: {{ $v.telemetry.exporter }}}
{{- if eq $v.telemetry.exporter "otlp" }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ required "telemetry.endpoint: the collector's address is required for otlp" $v.telemetry.endpoint | quote }}}
{{- end }}
{{ include "longzhi.secretEnv" (dict "name" "APP_PASSWORD" "secret" (include "longzhi.databaseSecret" .root) "key" (printf "%s-app" .service)) }}
- {name: DATABASE_URL, value: "postgresql://{{ .service }}_app:$(APP_PASSWORD)@{{ include "longzhi.databaseHost" .root }}:{{ $v.database.port }}/{{ .service }}"}
{{ include "longzhi.secretEnv" (dict "name" "SCOPE_KEY" "secret" $keys "key" "scope-key") }}
{{- range get $calls.asks .service | default list }}
- {name: {{ upper . }}_RPC_ADDR, value: "{{ $full }}-{{ . }}-rpc:9000"}
{{- end }}
{{- if has "contact-key" $holds }}
{{ include "longzhi.secretEnv" (dict "name" "CONTACT_KEY" "secret" $keys "key" (printf "%s-contact-key" .service)) }}
{{- end }}
{{- if has "receipt-key" $holds }}
- {name: RECEIPT_KEY_FILE, value: /secrets/receipt-key.pem}
{{- end }}
{{- if has "receiver" $reaches }}
- {name: CREDIT_RECEIVER_URL, value: {{ include "longzhi.receiver" .root | quote }}}
{{- end }}
{{- if has "objects" $reaches }}
- {name: EVIDENCE_URL, value: {{ include "longzhi.objects" .root | quote }}}
{{- with $v.objects.endpoint }}
- {name: AWS_ENDPOINT_URL, value: {{ . | quote }}}
{{- end }}
{{- with $v.objects.region }}
- {name: AWS_REGION, value: {{ . | quote }}}
{{- end }}
{{- with $v.objects.existingSecret }}
{{ include "longzhi.secretEnv" (dict "name" "AWS_ACCESS_KEY_ID" "secret" . "key" "access-key") }}
{{ include "longzhi.secretEnv" (dict "name" "AWS_SECRET_ACCESS_KEY" "secret" . "key" "secret-key") }}
{{- end }}
{{- end }}
{{- range $name, $value := .own.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}

{{/* Where one service's container finds files: /tmp, its key, its objects. */}}
{{- define "longzhi.mounts" -}}
{{- $calls := .root.Files.Get "files/calls.yaml" | fromYaml -}}
- {name: tmp, mountPath: /tmp}
{{- include "longzhi.kafkaMount" .root }}
{{- if has "receipt-key" (get $calls.holds .service | default list) }}
- {name: keys, mountPath: /secrets, readOnly: true}
{{- end }}
{{- if and (has "objects" (get $calls.reaches .service | default list)) (include "longzhi.objectsClaim" .root) }}
- {name: objects, mountPath: {{ trimPrefix "file://" (include "longzhi.objects" .root) }}}
{{- end }}
{{- end }}

{{- define "longzhi.volumes" -}}
{{- $calls := .root.Files.Get "files/calls.yaml" | fromYaml -}}
- {name: tmp, emptyDir: {sizeLimit: {{ index .own.resources.limits "ephemeral-storage" }}}}
{{- include "longzhi.kafkaVolume" .root }}
{{- if has "receipt-key" (get $calls.holds .service | default list) }}
- name: keys
  secret: {secretName: {{ include "longzhi.keysSecret" .root }}, defaultMode: 0440, items: [{key: receipt-key.pem, path: receipt-key.pem}]}
{{- end }}
{{- if and (has "objects" (get $calls.reaches .service | default list)) (include "longzhi.objectsClaim" .root) }}
- name: objects
  persistentVolumeClaim: {claimName: {{ include "longzhi.objectsClaim" .root }}}
{{- end }}
{{- end }}

{{/* When a Job runs. With the parts outside: before each installation and upgrade. With the parts built in they come with the first
     installation, so there the Jobs are ordinary ones that wait for them; before each upgrade they are hooks like any other. */}}
{{- define "longzhi.jobName" -}}
{{ include "longzhi.fullname" .root }}-{{ .component }}{{ if and .root.Values.evaluation.enabled .root.Release.IsInstall }}-first{{ end }}
{{- end }}
{{- define "longzhi.jobHook" -}}
{{- if not (and .root.Values.evaluation.enabled .root.Release.IsInstall) }}
annotations:
  helm.sh/hook: pre-install,pre-upgrade
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
{{- end }}
