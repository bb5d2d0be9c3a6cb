{{/* Names and labels; cut at 63 as DNS wants it. */}}
{{- define "longzhi.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "longzhi.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "longzhi.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: longzhi
{{ include "longzhi.selector" . }}
{{- end }}

{{- define "longzhi.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.repository }}-{{ .service }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* A service's settings: the defaults with its own laid over them. */}}
{{- define "longzhi.merged" -}}
{{- mustMergeOverwrite (deepCopy .root.Values.defaults) (.own | default dict) | toJson }}
{{- end }}

{{- define "longzhi.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "longzhi.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{/* Environment of one service, the same names as on one machine (common.settings). */}}
{{- define "longzhi.env" -}}
{{- $v := .root.Values -}}
{{- $full := include "longzhi.fullname" .root -}}
- {name: SERVICE_NAME, value: {{ .service }}}
- {name: PROVINCE, value: {{ $v.province | quote }}}
- {name: HTTP_ADDR, value: "0.0.0.0:8000"}
- {name: RPC_ADDR, value: "0.0.0.0:9000"}
- {name: GATEWAY_PREFIX, value: /api/{{ .service }}}
- {name: KAFKA_BOOTSTRAP, value: {{ required "kafka.bootstrap: the broker's address is required" $v.kafka.bootstrap | quote }}}
- {name: OIDC_ISSUER, value: {{ required "identity.issuer is required" $v.identity.issuer | quote }}}
- {name: OIDC_JWKS_URL, value: {{ required "identity.jwksUrl is required" $v.identity.jwksUrl | quote }}}
- {name: OIDC_AUDIENCE, value: {{ $v.identity.audience | quote }}}
- {name: TRACES_EXPORTER, value: {{ $v.telemetry.exporter }}}
{{- with $v.telemetry.endpoint }}
- {name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }}}
{{- end }}
- name: APP_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $v.database.existingSecret }}, key: {{ .service }}-app}}
- name: DATABASE_URL
  value: postgresql://{{ .service }}_app:$(APP_PASSWORD)@{{ required "database.host is required" $v.database.host }}:{{ $v.database.port }}/{{ .service }}
- name: SCOPE_KEY
  valueFrom: {secretKeyRef: {name: {{ $v.secrets.existingSecret }}, key: scope-key}}
{{- range .own.peers }}
- {name: {{ upper . }}_RPC_ADDR, value: "{{ $full }}-{{ . }}:9000"}
{{- end }}
{{- range $name, $key := .own.secretEnv }}
- name: {{ $name }}
  valueFrom: {secretKeyRef: {name: {{ $v.secrets.existingSecret }}, key: {{ $key }}}}
{{- end }}
{{- range $name, $file := .own.secretFiles }}
- {name: {{ $name }}, value: /secrets/{{ $file }}}
{{- end }}
{{- if eq .service "credit" }}
- {name: CREDIT_RECEIVER_URL, value: {{ required "credit.receiverUrl is required" $v.credit.receiverUrl | quote }}}
{{- end }}
{{- range $name, $value := .own.env }}
- {name: {{ $name }}, value: {{ $value | quote }}}
{{- end }}
{{- end }}
