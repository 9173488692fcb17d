package dev.plinth.registry.door.nacos;

import dev.plinth.registry.QualifiedName;
import java.util.Optional;

/** A service as Nacos names it. */
record NacosService(QualifiedName qualified) {
    static final String DEFAULT_NAMESPACE = QualifiedName.DEFAULT_NAMESPACE;
    static final String DEFAULT_GROUP = QualifiedName.DEFAULT_GROUP;

    /** A service as a request names it: what is left out is the default, and a name may bring its group with it. */
    static NacosService of(Optional<String> namespace, Optional<String> group, Optional<String> service) {
        var given = service.orElse("");
        int mark = given.indexOf(QualifiedName.GROUP_MARK);
        try {
            return new NacosService(new QualifiedName(
                    namespace.filter(text -> !text.isEmpty()).orElse(DEFAULT_NAMESPACE),
                    mark >= 0
                            ? given.substring(0, mark)
                            : group.filter(text -> !text.isEmpty()).orElse(DEFAULT_GROUP),
                    mark >= 0 ? given.substring(mark + QualifiedName.GROUP_MARK.length()) : given));
        } catch (IllegalArgumentException e) {
            throw new NacosRefusal(NacosRefusal.INVALID, String.valueOf(e.getMessage()));
        }
    }

    /** A service of our registry as Nacos's clients see it. */
    static NacosService ofRegistry(String service) {
        return new NacosService(QualifiedName.ofRegistry(service));
    }

    String namespace() {
        return qualified.namespace();
    }

    String group() {
        return qualified.group();
    }

    String name() {
        return qualified.name();
    }

    /** Its name in our registry. */
    String inRegistry() {
        return qualified.inRegistry();
    }

    /** Its name with its group, as instances carry it. */
    String grouped() {
        return group() + QualifiedName.GROUP_MARK + name();
    }
}
