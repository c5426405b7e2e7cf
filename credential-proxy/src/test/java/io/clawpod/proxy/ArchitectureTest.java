package io.clawpod.proxy;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import io.clawpod.common.SecretText;

@AnalyzeClasses(packages = "io.clawpod.proxy", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule THE_STEPS_KNOW_ONLY_WHAT_COMES_AFTER = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("io.clawpod.proxy..")
            .layer("server")
            .definedBy("..proxy.server..")
            .layer("identity")
            .definedBy("..proxy.identity..")
            .layer("route")
            .definedBy("..proxy.route..")
            .layer("policy")
            .definedBy("..proxy.policy..")
            .layer("credential")
            .definedBy("..proxy.credential..")
            .layer("exchange")
            .definedBy("..proxy.exchange..")
            .layer("scrub")
            .definedBy("..proxy.scrub..")
            .layer("audit")
            .definedBy("..proxy.audit..")
            .layer("tracing")
            .definedBy("..proxy.tracing..")
            .whereLayer("server")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("identity")
            .mayOnlyBeAccessedByLayers("server")
            .whereLayer("exchange")
            .mayOnlyBeAccessedByLayers("server")
            .whereLayer("route")
            .mayOnlyBeAccessedByLayers("server", "exchange")
            .whereLayer("policy")
            .mayOnlyBeAccessedByLayers("server", "exchange", "route", "credential")
            .whereLayer("credential")
            .mayOnlyBeAccessedByLayers("server", "identity", "exchange", "route")
            .whereLayer("scrub")
            .mayOnlyBeAccessedByLayers("exchange")
            .whereLayer("audit")
            .mayOnlyBeAccessedByLayers("server", "exchange", "tracing")
            .whereLayer("tracing")
            .mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule ONLY_TRACING_KNOWS_OPENTELEMETRY = noClasses()
            .that()
            .resideOutsideOfPackage("..proxy.tracing..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry..");

    @ArchTest
    static final ArchRule ITS_API_IS_ENOUGH_TO_MAKE_SPANS = noClasses()
            .that()
            .haveSimpleNameNotStartingWith("Tracing")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.opentelemetry.sdk..");

    @ArchTest
    static final ArchRule NO_CYCLES =
            slices().matching("io.clawpod.proxy.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule ONLY_CREDENTIALS_AND_THE_SCRUB_REVEAL_SECRETS = noClasses()
            .that()
            .resideOutsideOfPackages("..proxy.credential..", "..proxy.scrub..")
            .should()
            .callMethod(SecretText.class, "reveal");

    @ArchTest
    static final ArchRule ONLY_IDENTITY_AND_CREDENTIALS_TALK_TO_KUBERNETES = noClasses()
            .that()
            .resideOutsideOfPackages("..proxy.identity..", "..proxy.credential..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..");

    @ArchTest
    static final ArchRule THE_SPAWNER_IS_ANOTHER_PROGRAM =
            noClasses().should().dependOnClassesThat().resideInAPackage("io.clawpod.spawner..");

    @ArchTest
    static final ArchRule CLASSES_ARE_FINAL = classes()
            .that()
            .areTopLevelClasses()
            .and()
            .areNotInterfaces()
            .and()
            .haveSimpleNameNotEndingWith("package-info")
            .and()
            .haveNameNotMatching(".*_(Bean|Observer|ClientProxy|ProducerMethod).*")
            .should()
            .haveModifier(JavaModifier.FINAL);
}
