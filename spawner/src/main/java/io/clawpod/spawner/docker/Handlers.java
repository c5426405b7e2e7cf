package io.clawpod.spawner.docker;

import io.clawpod.spawner.docker.Flag.Handler;
import io.clawpod.spawner.docker.Flag.Kind;
import java.util.List;

/** What many flags have in common. */
final class Handlers {
    private Handlers() {}

    /** Cannot be carried out; as a switch it may be off. */
    static Handler refused(String fault, String remedy) {
        return (option, draft) -> {
            if (option.flag().kind() == Kind.SWITCH && !option.isOn()) {
                draft.mapped(option, "off, as for every pod");
            } else {
                draft.unsupported(option, fault, remedy);
            }
        };
    }

    static Handler mapped(String note) {
        return (option, draft) -> draft.mapped(option, note);
    }

    static Handler changed(String note) {
        return (option, draft) -> draft.changed(option, note);
    }

    /** What every pod has anyway may be asked for; anything else is refused. */
    static Handler only(List<String> values, String note, String fault, String remedy) {
        return (option, draft) -> {
            if (values.contains(option.value())) {
                draft.mapped(option, note);
            } else {
                draft.unsupported(option, fault, remedy);
            }
        };
    }
}
