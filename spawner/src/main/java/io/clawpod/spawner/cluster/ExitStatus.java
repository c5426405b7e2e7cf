package io.clawpod.spawner.cluster;

import io.clawpod.spawner.session.RemoteProcess.Exit;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.StatusCause;

/** Reads how a process ended from the Status that the API server sends (k8s.io/kubelet/pkg/cri/streaming/remotecommand). Pure. */
final class ExitStatus {
    private static final String SUCCESS = "Success";
    private static final String NON_ZERO = "NonZeroExitCode";
    private static final String EXIT_CODE = "ExitCode";

    private ExitStatus() {}

    static Exit of(Status status) {
        if (SUCCESS.equals(status.getStatus())) {
            return new Exit.Exited(0);
        }
        if (NON_ZERO.equals(status.getReason()) && status.getDetails() != null) {
            for (StatusCause cause : status.getDetails().getCauses()) {
                if (EXIT_CODE.equals(cause.getReason())) {
                    return code(cause.getMessage());
                }
            }
        }
        String said = status.getMessage();
        return new Exit.Failed(said == null || said.isEmpty() ? "the API server does not say why" : said);
    }

    private static Exit code(String text) {
        try {
            return new Exit.Exited(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            return new Exit.Failed("the API server tells an exit code that is no number");
        }
    }
}
