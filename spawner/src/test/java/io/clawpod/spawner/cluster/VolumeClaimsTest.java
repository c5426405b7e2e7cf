package io.clawpod.spawner.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.clawpod.spawner.plan.ClaimState;
import io.clawpod.spawner.testing.TestClock;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.storage.StorageClassBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.EnableKubernetesMockClient;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@EnableKubernetesMockClient(crud = true)
class VolumeClaimsTest {
    private final TestClock clock = new TestClock();

    @SuppressWarnings("NullAway.Init")
    KubernetesClient client;

    @SuppressWarnings("NullAway.Init")
    private VolumeClaims claims;

    @BeforeEach
    void begin() {
        claims = new VolumeClaims(client, clock, "agents", () -> Set.of("folders"));
    }

    private List<String> read() {
        clock.now = clock.now.plus(VolumeClaims.EVERY);
        claims.refresh();
        return claims.faults();
    }

    private void claim(String phase, String storageClass) {
        PersistentVolumeClaim claim = new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace("agents")
                .withName("folders")
                .endMetadata()
                .withNewSpec()
                .withStorageClassName(storageClass)
                .endSpec()
                .withNewStatus()
                .withPhase(phase)
                .endStatus()
                .build();
        client.resource(claim).create();
    }

    @Test
    void aClaimThatIsNotThereIsNamedUntilItIs() {
        assertEquals(List.of("PersistentVolumeClaim agents/folders, which a volume rule names, is missing"), read());
        claim("Bound", "fast");
        claims.refresh();
        assertEquals(1, claims.faults().size(), "it is not asked about all the time");
        assertEquals(List.of(), read());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "Bound   | gone | -",
                "Lost    | gone | PersistentVolumeClaim agents/folders has lost its PersistentVolume",
                "Pending | gone | StorageClass gone of PersistentVolumeClaim agents/folders does not exist",
                "Pending | late | -",
                "Pending | fast | PersistentVolumeClaim agents/folders is not bound; its StorageClass fast has made no volume yet",
                "Pending | ''   | PersistentVolumeClaim agents/folders is bound to no PersistentVolume, and names no StorageClass to make one",
            })
    void whatIsWrongWithAClaimIsToldByTheNameOfWhatIsWrong(String phase, String storageClass, @Nullable String fault) {
        for (String mode : List.of("late WaitForFirstConsumer", "fast Immediate")) {
            String[] parts = mode.split(" ", -1);
            client.resource(new StorageClassBuilder()
                            .withNewMetadata()
                            .withName(parts[0])
                            .endMetadata()
                            .withProvisioner("example.org/nothing")
                            .withVolumeBindingMode(parts[1])
                            .build())
                    .create();
        }
        claim(phase, storageClass);
        assertEquals(fault == null ? List.of() : List.of(fault), read());
    }

    @Test
    void aClaimThatWasNeverReadIsReadBeforeASessionIsPlanned() {
        assertEquals(Map.of("folders", ClaimState.MISSING), claims.states(Set.of("folders")));
        claim("Bound", "fast");
        assertEquals(
                Map.of("folders", ClaimState.USABLE),
                claims.states(Set.of("folders")),
                "one that is said to be missing is read anew");
    }

    @Test
    void aClaimThatIsKnownToBeThereIsNotAskedAboutForEachSession() {
        claim("Bound", "fast");
        read();
        client.persistentVolumeClaims()
                .inNamespace("agents")
                .withName("folders")
                .delete();
        assertEquals(Map.of("folders", ClaimState.USABLE), claims.states(Set.of("folders")));
        read();
        assertEquals(Map.of("folders", ClaimState.MISSING), claims.states(Set.of("folders")));
    }

    @Test
    void aClaimThatHasLostItsVolumeIsLost() {
        claim("Lost", "fast");
        assertEquals(Map.of("folders", ClaimState.LOST), claims.states(Set.of("folders")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "ReadWriteOnce               | -                           | ONE_NODE",
                "ReadWriteOnce ReadOnlyMany  | -                           | ONE_NODE",
                "ReadWriteMany               | -                           | USABLE",
                "ReadOnlyMany                | -                           | USABLE",
                "ReadWriteOncePod            | -                           | USABLE",
                "ReadWriteOnce ReadWriteMany | -                           | USABLE",
                "ReadWriteOnce               | ReadWriteOnce ReadWriteMany | USABLE",
                "ReadWriteOnce               | ReadWriteOnce               | ONE_NODE",
            })
    void whetherOnlyOneNodeCanUseItFollowsFromItsModesOrItsVolumes(
            String asked, @Nullable String bound, ClaimState state) {
        client.resource(new PersistentVolumeClaimBuilder()
                        .withNewMetadata()
                        .withNamespace("agents")
                        .withName("folders")
                        .endMetadata()
                        .withNewSpec()
                        .withAccessModes(List.of(asked.split(" ", -1)))
                        .endSpec()
                        .withNewStatus()
                        .withPhase(bound == null ? "Pending" : "Bound")
                        .withAccessModes(bound == null ? List.of() : List.of(bound.split(" ", -1)))
                        .endStatus()
                        .build())
                .create();
        assertEquals(Map.of("folders", state), claims.states(Set.of("folders")));
    }

    @Test
    void withoutRulesNothingIsAsked() {
        VolumeClaims none = new VolumeClaims(client, Clock.systemUTC(), "agents", Set::of);
        none.refresh();
        assertEquals(List.of(), none.faults());
    }
}
