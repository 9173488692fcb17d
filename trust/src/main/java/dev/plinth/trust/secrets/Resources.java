package dev.plinth.trust.secrets;

import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** All secrets by name, and how much they are together. */
final class Resources {
    private final TreeMap<String, Resource> byName = new TreeMap<>();
    private long bytes;

    Optional<Resource> find(ResourceName name) {
        return Optional.ofNullable(byName.get(name.toString()));
    }

    /** By name. */
    SortedMap<String, Resource> after(String name) {
        return byName.tailMap(name, false);
    }

    List<Resource> all() {
        return List.copyOf(byName.values());
    }

    int size() {
        return byName.size();
    }

    /** Of all that is sealed. */
    long bytes() {
        return bytes;
    }

    /** Takes the place of the one of this name, if there is one. */
    void put(Resource resource) {
        bytes += resource.bytes() - find(resource.name()).map(Resource::bytes).orElse(0L);
        byName.put(resource.name().toString(), resource);
    }

    /** Changes what is sealed of each version that is not revoked. */
    void replaceMaterial(UnaryOperator<Material> change) {
        all().forEach(resource -> put(resource.withMaterial((_, material) -> change.apply(material))));
    }

    void replaceAll(Collection<Resource> others) {
        byName.clear();
        bytes = 0;
        others.forEach(this::put);
    }
}
