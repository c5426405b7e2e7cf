package io.clawpod.local;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.clawpod.local", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule THE_API_SERVER_KNOWS_NO_NODE = noClasses()
            .that()
            .resideInAPackage("..apiserver..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..kubelet..", "..upstream..", "..demo..", "..agent..");

    @ArchTest
    static final ArchRule THE_CLUSTER_KNOWS_NO_DEMO = noClasses()
            .that()
            .resideInAnyPackage("io.clawpod.local", "..kubelet..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..upstream..", "..demo..", "..agent..");

    @ArchTest
    static final ArchRule THE_AGENT_IS_PLAIN_JAVA = classes()
            .that()
            .resideInAPackage("..agent..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "..agent..", "org.jspecify..");

    @ArchTest
    static final ArchRule THE_SERVICES_ARE_USED_OVER_THE_WIRE =
            noClasses().should().dependOnClassesThat().resideInAnyPackage("io.clawpod.spawner..", "io.clawpod.proxy..");
}
