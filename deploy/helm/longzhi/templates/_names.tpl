{{/* Names and labels; cut so that the longest component still fits the 63 characters that DNS wants. */}}
{{- define "longzhi.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 38 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 38 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* The labels that tell one component of one release; `root` and `component` are given. */}}
{{- define "longzhi.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "longzhi.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/part-of: longzhi
{{ include "longzhi.selector" . }}
{{- end }}

{{/* On pods only what does not change with the version, so that an upgrade restarts nothing whose program stays the same. */}}
{{- define "longzhi.podLabels" -}}
app.kubernetes.io/part-of: longzhi
{{ include "longzhi.selector" . }}
{{- end }}

{{/* `image` is the service or part; `builtIn` parts may stay at a tag of their own. */}}
{{- define "longzhi.image" -}}
{{- $image := .root.Values.image -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.repository }}-{{ .image }}:{{ (and .builtIn .root.Values.evaluation.tag) | default $image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{/* A service's settings: the defaults with its own laid over them. */}}
{{- define "longzhi.merged" -}}
{{- mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy (.own | default dict)) | toJson }}
{{- end }}

{{/* Every process of every service, as a JSON list of {service, process, component, own, size}. */}}
{{- define "longzhi.processes" -}}
{{- $root := . }}{{- $all := list }}
{{- range $service, $given := .Values.services }}
{{- $own := include "longzhi.merged" (dict "root" $root "own" $given) | fromJson }}
{{- range $process, $size := $own.processes }}
{{- $all = append $all (dict "service" $service "process" $process "component" (printf "%s-%s" $service $process) "own" $own "size" $size) }}
{{- end }}{{- end }}
{{- toJson $all }}
{{- end }}

{{/* Whether a process is scaled by something else than its number of replicas: "cpu", "lag" or nothing. */}}
{{- define "longzhi.scaledBy" -}}
{{- $hears := (.root.Files.Get "files/calls.yaml" | fromYaml).hears -}}
{{- if (.each.size.autoscaling | default dict).enabled }}cpu{{ else if and .root.Values.keda.enabled (eq .each.process "worker") (hasKey $hears .each.service) }}lag{{ end }}
{{- end }}
