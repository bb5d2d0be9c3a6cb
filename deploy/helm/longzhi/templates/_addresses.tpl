{{/* Addresses: built in for evaluations, given otherwise. */}}
{{- define "longzhi.publicUrl" -}}
{{- required "publicUrl: the platform's address as people type it is required" .Values.publicUrl | trimSuffix "/" }}
{{- end }}

{{- define "longzhi.databaseHost" -}}
{{- if .Values.evaluation.enabled }}{{ include "longzhi.fullname" . }}-postgres{{ else }}{{ required "database.host: the address of PostgreSQL is required" .Values.database.host }}{{ end }}
{{- end }}

{{- define "longzhi.kafka" -}}
{{- if .Values.evaluation.enabled }}{{ include "longzhi.fullname" . }}-kafka:9092{{ else }}{{ required "kafka.bootstrap: the brokers' address is required" .Values.kafka.bootstrap }}{{ end }}
{{- end }}

{{/* How Kafka lets the pods in; the built-in one lets everybody of the release in. */}}
{{- define "longzhi.kafkaSecurity" -}}
{{- if .Values.evaluation.enabled }}plaintext{{ else }}{{ .Values.kafka.security }}{{ end }}
{{- end }}

{{/* The secret with the brokers' authority, for mounting; empty: none, or the system's own. */}}
{{- define "longzhi.kafkaCa" -}}
{{- if ne "plaintext" (include "longzhi.kafkaSecurity" .) }}{{ .Values.kafka.caSecret }}{{ end }}
{{- end }}

{{- define "longzhi.kafkaSecret" -}}
{{- required "kafka.existingSecret: sasl_tls needs the secret with the users' passwords" .Values.kafka.existingSecret }}
{{- end }}

{{- define "longzhi.keycloak" -}}
{{- if .Values.evaluation.enabled }}http://{{ include "longzhi.fullname" . }}-keycloak:8080/auth{{ else }}{{ required "identity.url: Keycloak's address inside the cluster is required" .Values.identity.url | trimSuffix "/" }}{{ end }}
{{- end }}

{{- define "longzhi.issuer" -}}
{{- .Values.identity.issuer | default (printf "%s/auth/realms/longzhi" (include "longzhi.publicUrl" .)) }}
{{- end }}

{{- define "longzhi.receiver" -}}
{{- if .Values.evaluation.enabled }}{{ .Values.credit.receiverUrl | default (printf "http://%s-receiver:8000" (include "longzhi.fullname" .)) }}{{ else }}{{ required "credit.receiverUrl: the publicity system's address is required" .Values.credit.receiverUrl }}{{ end }}
{{- end }}

{{- define "longzhi.objects" -}}
{{- if .Values.evaluation.enabled }}{{ .Values.objects.url | default "file:///objects" }}{{ else }}{{ required "objects.url: the object store of evidence is required" .Values.objects.url }}{{ end }}
{{- end }}

{{/* The claim that sampling mounts when its objects are files; empty for S3. */}}
{{- define "longzhi.objectsClaim" -}}
{{- if hasPrefix "file:" (include "longzhi.objects" .) -}}
{{- if .Values.evaluation.enabled }}{{ .Values.objects.existingClaim | default (printf "%s-objects" (include "longzhi.fullname" .)) }}{{ else }}{{ required "objects.existingClaim: file:/// needs a claim that all sampling pods can mount" .Values.objects.existingClaim }}{{ end }}
{{- end -}}
{{- end }}

{{/* Secrets: made once for evaluations, the installation's own otherwise. */}}
{{- define "longzhi.databaseSecret" -}}
{{- if .Values.evaluation.enabled }}{{ include "longzhi.fullname" . }}-database{{ else }}{{ .Values.database.existingSecret }}{{ end }}
{{- end }}

{{- define "longzhi.keysSecret" -}}
{{- if .Values.evaluation.enabled }}{{ include "longzhi.fullname" . }}-keys{{ else }}{{ .Values.keys.existingSecret }}{{ end }}
{{- end }}

{{- define "longzhi.identitySecret" -}}
{{- if .Values.evaluation.enabled }}{{ include "longzhi.fullname" . }}-identity{{ else }}{{ .Values.identity.realm.existingSecret }}{{ end }}
{{- end }}

{{/* host:port of a URL, the port by its scheme when it names none. */}}
{{- define "longzhi.hostPort" -}}
{{- $url := urlParse . -}}
{{- if contains ":" $url.host }}{{ $url.host }}{{ else }}{{ $url.host }}:{{ ternary 443 80 (eq $url.scheme "https") }}{{ end }}
{{- end }}
