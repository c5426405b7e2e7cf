package io.clawpod.local.demo;

import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The parts of a pod that tell something, as lines that read like YAML. */
final class PodText {
    private PodText() {}

    static List<String> lines(Pod pod, String root) {
        List<String> lines = new ArrayList<>();
        lines.add("metadata: { namespace: " + pod.getMetadata().getNamespace() + ", name: "
                + pod.getMetadata().getName() + " }");
        lines.add("labels:");
        pod.getMetadata().getLabels().forEach((key, value) -> lines.add("  " + key + ": " + value));
        var spec = pod.getSpec();
        lines.add("restartPolicy: " + spec.getRestartPolicy());
        if (spec.getSecurityContext() != null) {
            lines.add("runAsUser: " + spec.getSecurityContext().getRunAsUser() + ", runAsNonRoot: "
                    + spec.getSecurityContext().getRunAsNonRoot());
        }
        spec.getHostAliases().forEach(alias -> lines.add("hostAlias: " + alias.getIp() + " " + alias.getHostnames()));
        var container = spec.getContainers().get(0);
        lines.add("container: " + container.getName());
        lines.add("  image: " + container.getImage());
        lines.add("  command: " + container.getCommand() + " args: " + container.getArgs());
        lines.add("  env:");
        container.getEnv().forEach(variable -> lines.add("    " + env(variable)));
        Map<String, String> sources = new HashMap<>();
        spec.getVolumes()
                .forEach(volume -> sources.put(
                        volume.getName(),
                        volume.getHostPath() == null
                                ? "(empty)"
                                : volume.getHostPath().getPath().replace(root, "<root>")));
        lines.add("  mounts:");
        for (VolumeMount mount : container.getVolumeMounts()) {
            lines.add("    " + mount.getMountPath() + " <- " + sources.get(mount.getName())
                    + (Boolean.TRUE.equals(mount.getReadOnly()) ? " (ro)" : ""));
        }
        return lines;
    }

    private static String env(EnvVar variable) {
        if (variable.getValueFrom() != null && variable.getValueFrom().getSecretKeyRef() != null) {
            var ref = variable.getValueFrom().getSecretKeyRef();
            return variable.getName() + ": <Secret " + ref.getName() + ", key " + ref.getKey() + ">";
        }
        return variable.getName() + ": " + variable.getValue();
    }
}
