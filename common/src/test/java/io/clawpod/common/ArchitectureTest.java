package io.clawpod.common;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "io.clawpod.common", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
    @ArchTest
    static final ArchRule PLAIN_JAVA = classes()
            .that()
            .resideOutsideOfPackage("io.clawpod.common.client..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.clawpod.common", "org.jose4j..", "org.jspecify..");
}
