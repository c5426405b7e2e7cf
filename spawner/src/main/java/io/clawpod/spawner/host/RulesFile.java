package io.clawpod.spawner.host;

import io.clawpod.common.InvalidValue;
import io.clawpod.spawner.volume.Ownership;
import io.clawpod.spawner.volume.VolumeRule;
import io.clawpod.spawner.volume.VolumeRules;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The volume rules of the settings and of a file beside them. When the file turns out wrong, the rules that were good last stay in
 * force and the fault is told. Thread-safe.
 */
final class RulesFile {
    private static final Logger LOG = Logger.getLogger(RulesFile.class);
    private static final String SETTING = "clawpod.volumes.file";

    private final List<VolumeRule> fixed;
    private final Ownership usual;
    private final @Nullable TextFile file;
    private volatile VolumeRules rules;
    private volatile @Nullable String fault;

    /**
     * @param fixed rules of the settings
     * @param usual ownership of rules in the file that name none
     * @param path of the file; absent for none
     * @throws InvalidValue if the file cannot be read or is wrong; so it is when the spawner starts
     */
    RulesFile(List<VolumeRule> fixed, Ownership usual, @Nullable Path path) {
        this.fixed = fixed;
        this.usual = usual;
        this.file = path == null ? null : new TextFile(path);
        try {
            rules = file == null
                    ? new VolumeRules(fixed)
                    : parse(file.readIfChanged().orElseThrow());
        } catch (InvalidValue wrong) {
            throw new InvalidValue(SETTING, told(wrong), wrong.remedy());
        }
    }

    private String told(InvalidValue wrong) {
        return "(" + (file == null ? "" : file.path()) + ") " + wrong.field() + " " + wrong.fault();
    }

    private VolumeRules parse(String text) {
        List<VolumeRule> all = new ArrayList<>(fixed);
        all.addAll(VolumeRules.parse(text, usual));
        try {
            return new VolumeRules(all);
        } catch (InvalidValue wrong) {
            throw VolumeRules.shifted(wrong, fixed.size());
        }
    }

    /** Reads the file again if it has changed. Blocks. */
    synchronized void refresh() {
        if (file == null) {
            return;
        }
        try {
            Optional<String> text = file.readIfChanged();
            if (text.isEmpty()) {
                return;
            }
            rules = parse(text.get());
            fault = null;
            LOG.infof(
                    "volume rules read file=%s rules=%d",
                    file.path(), rules.prefixes().size());
        } catch (InvalidValue wrong) {
            String told = SETTING + " " + told(wrong) + "; " + wrong.remedy() + "; the rules before it hold";
            if (!told.equals(fault)) {
                LOG.warnf("volume rules wrong fault=\"%s\"", told);
            }
            fault = told;
            file.forget();
        }
    }

    VolumeRules rules() {
        return rules;
    }

    Optional<String> fault() {
        return Optional.ofNullable(fault);
    }
}
