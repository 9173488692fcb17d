package dev.plinth.trust.supply;

import java.util.List;

/**
 * What is asked of how an artifact was built, as a statement (in-toto, SLSA provenance v0.2 or v1) has it that somebody signed who may sign.
 *
 * @param builders identities of builders, one of which it has to be; none: any
 * @param sources addresses of repositories, one of which it has to come from; none: any
 */
public record ProvenanceRules(List<String> builders, List<String> sources) {
    public static final int EACH_MAX = 64;

    public ProvenanceRules {
        builders = List.copyOf(builders);
        sources = List.copyOf(sources);
        AdmissionRules.atMost("builders", EACH_MAX, builders.size());
        AdmissionRules.atMost("sources", EACH_MAX, sources.size());
        builders.forEach(one -> Wildcard.check("builder", one));
        sources.forEach(one -> Wildcard.check("source", one));
    }

    long characters() {
        return builders.stream().mapToLong(String::length).sum()
                + sources.stream().mapToLong(String::length).sum();
    }
}
