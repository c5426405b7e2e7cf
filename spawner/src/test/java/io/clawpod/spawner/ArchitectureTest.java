package io.clawpod.spawner;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Dependencies point one way: the faces and the cluster to the session, nothing back. */
@AnalyzeClasses(packages = "io.clawpod.spawner", importOptions = DoNotIncludeTests.class)
final class ArchitectureTest {
    private static final String US = "io.clawpod.spawner";
    private static final String CLIENT = "io.fabric8.kubernetes.client..";

    private static ArchRule only(String from, String... to) {
        List<String> allowed = new ArrayList<>();
        allowed.add(US + "." + from + "..");
        Stream.of(to).forEach(name -> allowed.add(US + "." + name + ".."));
        return noClasses()
                .that()
                .resideInAPackage(US + "." + from + "..")
                .should()
                .dependOnClassesThat(
                        resideInAPackage(US + "..").and(resideOutsideOfPackages(allowed.toArray(String[]::new))));
    }

    @ArchTest
    static final ArchRule SESSION = only("session");

    @ArchTest
    static final ArchRule WEB = only("web");

    @ArchTest
    static final ArchRule VOLUME = only("volume", "session");

    @ArchTest
    static final ArchRule PLAN = only("plan", "session", "volume");

    @ArchTest
    static final ArchRule HOST = only("host", "session", "volume", "plan");

    @ArchTest
    static final ArchRule IMAGE = only("image", "session");

    @ArchTest
    static final ArchRule CLUSTER = only("cluster", "session", "plan");

    @ArchTest
    static final ArchRule REAP = only("reap", "session");

    @ArchTest
    static final ArchRule CALLS = only("calls", "session");

    @ArchTest
    static final ArchRule ARCHIVE = only("archive", "session");

    @ArchTest
    static final ArchRule API = only("api", "session", "web");

    @ArchTest
    static final ArchRule DOCKER = only("docker", "session", "web");

    @ArchTest
    static final ArchRule ONECLI = only("onecli", "session", "web");

    /** The command line puts parts together as the root does, but for the cluster and the faces that are served. */
    @ArchTest
    static final ArchRule CLI = only("cli", "session", "volume", "plan", "host", "docker");

    @ArchTest
    static final ArchRule ONLY_THE_CLUSTER_TALKS_TO_KUBERNETES = noClasses()
            .that()
            .resideOutsideOfPackages(US + ".cluster..", US)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLIENT);

    @ArchTest
    static final ArchRule THE_DOMAIN_KNOWS_NO_KUBERNETES = noClasses()
            .that()
            .resideInAnyPackage(
                    US + ".session..",
                    US + ".volume..",
                    US + ".host..",
                    US + ".reap..",
                    US + ".calls..",
                    US + ".archive..",
                    US + ".api..",
                    US + ".docker..",
                    US + ".onecli..",
                    US + ".image..",
                    US + ".web..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..");

    @ArchTest
    static final ArchRule A_PLAN_IS_PURE = noClasses()
            .that()
            .resideInAnyPackage(US + ".plan..", US + ".volume..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.io..", "java.nio.file..", "java.net..", "io.quarkus..", "jakarta..")
            .orShould()
            .dependOnClassesThat()
            .haveFullyQualifiedName("java.time.Clock")
            .orShould()
            .callMethod(Instant.class, "now");

    @ArchTest
    static final ArchRule TIME_COMES_FROM_A_CLOCK = noClasses()
            .should()
            .callMethod(Instant.class, "now")
            .orShould()
            .callMethod(System.class, "currentTimeMillis");

    @ArchTest
    static final ArchRule NO_CYCLES = slices().matching(US + ".(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule TYPES_ARE_IN_KNOWN_PACKAGES = classes()
            .should()
            .resideInAnyPackage(
                    US,
                    US + ".session..",
                    US + ".plan..",
                    US + ".volume..",
                    US + ".host..",
                    US + ".cluster..",
                    US + ".reap..",
                    US + ".calls..",
                    US + ".archive..",
                    US + ".api..",
                    US + ".docker..",
                    US + ".onecli..",
                    US + ".cli..",
                    US + ".image..",
                    US + ".web..");
}
