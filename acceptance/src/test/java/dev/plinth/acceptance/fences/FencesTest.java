package dev.plinth.acceptance.fences;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import dev.plinth.kernel.Engine;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Holds the walls of the house: who may use whom, and what an engine must not know. ARCHITECTURE.md has the same table. */
class FencesTest {
    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.plinth");

    /** Each room and the rooms that it may use. */
    private static final Map<String, List<String>> ROOMS = new LinkedHashMap<>();

    static {
        ROOMS.put("checker", List.of());
        ROOMS.put("kernel", List.of());
        ROOMS.put("raft", List.of("kernel"));
        ROOMS.put("wire", List.of());
        ROOMS.put("cells", List.of("wire"));
        ROOMS.put("cells.control", List.of("kernel", "wire", "cells"));
        ROOMS.put("rpc", List.of("wire", "cells"));
        ROOMS.put("config", List.of("kernel", "wire"));
        ROOMS.put("registry", List.of("kernel", "wire", "cells", "config", "rpc"));
        ROOMS.put("transactions", List.of("kernel", "wire", "cells"));
        ROOMS.put("trust", List.of("kernel", "wire"));
        // And in the packages of the rooms that it simulates, what looks at their engines from inside.
        ROOMS.put(
                "simulator",
                List.of("checker", "kernel", "wire", "cells", "cells.control", "registry", "transactions"));
        ROOMS.put("sdk", List.of("wire", "cells", "rpc"));
        ROOMS.put(
                "server",
                List.of(
                        "kernel",
                        "raft",
                        "wire",
                        "cells",
                        "cells.control",
                        "config",
                        "registry",
                        "transactions",
                        "trust"));
        ROOMS.put("cli", List.of("wire", "cells", "server", "trust"));
        ROOMS.put("bank", List.of("sdk"));
        // Two features, as engines behind the journal whose cost is part of a figure; the verifiers of evidence as they
        // are; the SDK as a load, on the bank's database.
        ROOMS.put("bench", List.of("kernel", "wire", "raft", "config", "transactions", "trust", "sdk", "bank"));
    }

    private static DescribedPredicate<JavaClass> room(String name) {
        var inside = resideInAnyPackage("dev.plinth." + name + "..");
        var others = ROOMS.keySet().stream()
                .filter(other -> other.startsWith(name + "."))
                .map(other -> "dev.plinth." + other + "..")
                .toArray(String[]::new);
        return others.length == 0 ? inside : inside.and(not(resideInAnyPackage(others)));
    }

    @TestFactory
    List<DynamicTest> a_room_uses_only_the_rooms_that_it_may() {
        return ROOMS.entrySet().stream()
                .map(entry -> DynamicTest.dynamicTest(
                        entry.getKey() + " uses " + (entry.getValue().isEmpty() ? "no other room" : entry.getValue()),
                        () -> {
                            var forbidden = ROOMS.keySet().stream()
                                    .filter(other -> !other.equals(entry.getKey())
                                            && !entry.getValue().contains(other))
                                    .map(FencesTest::room)
                                    .reduce((one, other) -> one.or(other))
                                    .orElseThrow();
                            noClasses()
                                    .that(room(entry.getKey()))
                                    .should()
                                    .dependOnClassesThat(forbidden)
                                    .allowEmptyShould(true)
                                    .check(HOUSE);
                        }))
                .toList();
    }

    @Test
    void every_class_stands_in_a_room_that_the_fences_know() {
        var strays = HOUSE.stream()
                .map(JavaClass::getPackageName)
                .filter(name ->
                        ROOMS.keySet().stream().noneMatch(room -> (name + ".").startsWith("dev.plinth." + room + ".")))
                .filter(name -> !name.startsWith("dev.plinth.acceptance"))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(strays).isEmpty();
    }

    @Test
    void an_engine_has_no_clock_thread_socket_disk_randomness_or_logging() {
        noClasses()
                .that()
                .implement(Engine.class)
                .should()
                .dependOnClassesThat(resideInAnyPackage(
                        "java.net..",
                        "java.nio.file..",
                        "java.nio.channels..",
                        "java.util.concurrent..",
                        "java.util.random..",
                        "java.sql..",
                        "io.netty..",
                        "io.grpc..",
                        "com.linecorp.armeria..",
                        "org.slf4j.."))
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Thread.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(Clock.class)
                .orShould()
                .callMethod(Instant.class, "now")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .allowEmptyShould(true)
                .check(HOUSE);
    }

    @Test
    void nothing_of_a_feature_knows_its_doors_but_the_server_that_mounts_them() {
        noClasses()
                .that()
                .resideOutsideOfPackages("..door..", "dev.plinth.server..", "dev.plinth.simulator..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("..door..")
                .check(HOUSE);
    }

    @Test
    void no_name_says_only_that_something_is_helped_or_managed() {
        noClasses()
                .that(not(resideInAnyPackage("dev.plinth.wire..v1..")))
                .should()
                .haveSimpleNameEndingWith("Util")
                .orShould()
                .haveSimpleNameEndingWith("Utils")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Impl")
                .check(HOUSE);
    }

    @Test
    void packages_do_not_go_in_circles() {
        SlicesRuleDefinition.slices()
                .matching("dev.plinth.(*)..")
                .should()
                .beFreeOfCycles()
                .check(HOUSE);
    }

    @Test
    void a_door_is_a_class_of_its_protocol() {
        classes()
                .that(simpleNameEndingWith("Door").and(resideInAnyPackage("..door..")))
                .should()
                .bePublic()
                .allowEmptyShould(true)
                .check(HOUSE);
    }
}
