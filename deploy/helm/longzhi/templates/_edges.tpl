{{/* Every connection that there is, as a JSON list of {from | outsideFrom, to | outsideTo, port}; the policies are nothing but this list.
     `from` and `to` are components of this release, the others names below networkPolicy.peers. */}}
{{- define "longzhi.edges" -}}
{{- $root := . }}{{- $v := .Values }}{{- $builtIn := .Values.evaluation.enabled }}
{{- $calls := .Files.Get "files/calls.yaml" | fromYaml }}
{{- $database := ternary (dict "to" "postgres" "port" 5432) (dict "outsideTo" "database" "port" $v.database.port) $builtIn }}
{{- $kafka := ternary (dict "to" "kafka" "port" 9092) (dict "outsideTo" "kafka" "port" (include "longzhi.kafka" . | splitList "," | first | splitList ":" | last)) $builtIn }}
{{- $identity := ternary (dict "to" "keycloak" "port" 8080) (dict "outsideTo" "identity" "port" (include "longzhi.hostPort" (include "longzhi.keycloak" .) | splitList ":" | last)) $builtIn }}
{{- $receiver := ternary (dict "to" "receiver" "port" 8000) (dict "outsideTo" "receiver" "port" (include "longzhi.hostPort" (include "longzhi.receiver" .) | splitList ":" | last)) (and $builtIn (not $v.credit.receiverUrl)) }}
{{- $objects := dict }}
{{- if not (include "longzhi.objectsClaim" .) }}{{ $objects = dict "outsideTo" "objects" "port" (ternary (include "longzhi.hostPort" $v.objects.endpoint | splitList ":" | last) "443" (not (empty $v.objects.endpoint))) }}{{ end }}
{{- $collector := dict }}
{{- if eq $v.telemetry.exporter "otlp" }}{{ $collector = dict "outsideTo" "collector" "port" (include "longzhi.hostPort" $v.telemetry.endpoint | splitList ":" | last) }}{{ end }}
{{- $edges := list (dict "outsideFrom" "ingress" "to" "gateway" "port" 8080) }}
{{- if $v.identity.throughGateway }}{{ $edges = append $edges (merge (dict "from" "gateway") $identity) }}{{ end }}
{{- range $each := include "longzhi.processes" . | fromJsonArray }}
{{- $from := dict "from" $each.component }}
{{- $edges = append $edges (merge (deepCopy $from) $database) }}
{{- if eq $each.process "worker" }}{{ $edges = append $edges (merge (deepCopy $from) $kafka) }}{{ else }}{{ $edges = append $edges (merge (deepCopy $from) $identity) }}{{ end }}
{{- if eq $each.process "api" }}{{ $edges = append $edges (dict "from" "gateway" "to" $each.component "port" 8000) }}{{ end }}
{{- range get $calls.asks $each.service | default list }}{{ $edges = append $edges (merge (dict "to" (printf "%s-rpc" .) "port" 9000) $from) }}{{ end }}
{{- range get $calls.reaches $each.service | default list }}
{{- if eq . "receiver" }}{{ $edges = append $edges (merge (deepCopy $from) $receiver) }}{{ end }}
{{- if and (eq . "objects") $objects }}{{ $edges = append $edges (merge (deepCopy $from) $objects) }}{{ end }}
{{- end }}
{{- if $collector }}{{ $edges = append $edges (merge (deepCopy $from) $collector) }}{{ end }}
{{- if $v.telemetry.serviceMonitor.enabled }}{{ $edges = append $edges (dict "outsideFrom" "monitoring" "to" $each.component "port" 8000) }}{{ end }}
{{- end }}
{{- range $service, $_ := $v.services }}{{ $edges = append $edges (merge (dict "from" (printf "%s-migrate" $service)) $database) }}{{ end }}
{{- if or $builtIn $v.database.provision.enabled }}{{ $edges = append $edges (merge (dict "from" "database") $database) }}{{ end }}
{{- if $v.kafka.topics.create }}{{ $edges = append $edges (merge (dict "from" "topics") $kafka) }}{{ end }}
{{- if $v.identity.realm.sync }}{{ $edges = concat $edges (list (merge (dict "from" "realm") $identity) (merge (dict "from" "onboard") $identity) (dict "from" "onboard" "to" "gateway" "port" 8080)) }}{{ end }}
{{- if $builtIn }}{{ $edges = append $edges (merge (dict "from" "keycloak") $database) }}{{ end }}
{{- if and $builtIn $v.evaluation.demonstration.enabled }}{{ $edges = append $edges (dict "from" "demonstration" "to" "gateway" "port" 8080) }}{{ end }}
{{- toJson $edges }}
{{- end }}

{{/* The other end of one rule: pods of a component, or whoever networkPolicy.peers says; `direction` is from or to. */}}
{{- define "longzhi.end" -}}
{{- if .component }}
- {{ .direction }}:
    - podSelector:
        matchLabels: {{- include "longzhi.selector" . | nindent 10 }}
  ports: [{port: {{ .port }}, protocol: TCP}]
{{- else }}
- ports: [{port: {{ .port }}, protocol: TCP}]
  {{- with index .root.Values.networkPolicy.peers .outside }}
  {{ $.direction }}: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}
