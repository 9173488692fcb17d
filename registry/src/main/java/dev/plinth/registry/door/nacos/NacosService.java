package dev.plinth.registry.door.nacos;

import java.util.Optional;

/**
 * A service as Nacos names it.
 *
 * <p>In our registry it is {@code name} if it is of the default namespace and group, {@code group@@name} if only the group is
 * another one, and {@code namespace##group@@name} otherwise: so what nobody sorted into groups has one name at every door.
 */
record NacosService(String namespace, String group, String name) {
    static final String DEFAULT_NAMESPACE = "public";
    static final String DEFAULT_GROUP = "DEFAULT_GROUP";
    private static final String GROUP_MARK = "@@";
    private static final String NAMESPACE_MARK = "##";

    NacosService {
        check("serviceName", name);
        check("groupName", group);
        check("namespace", namespace);
    }

    private static void check(String field, String text) {
        if (text.isEmpty() || text.contains(GROUP_MARK) || text.contains(NAMESPACE_MARK)) {
            throw new NacosRefusal(
                    NacosRefusal.INVALID, field + " is \"" + text + "\": expected a name without @@ and ##");
        }
    }

    /** A service as a request names it: what is left out is the default, and a name may bring its group with it. */
    static NacosService of(Optional<String> namespace, Optional<String> group, Optional<String> service) {
        var given = service.orElse("");
        int mark = given.indexOf(GROUP_MARK);
        return new NacosService(
                namespace.filter(text -> !text.isEmpty()).orElse(DEFAULT_NAMESPACE),
                mark >= 0
                        ? given.substring(0, mark)
                        : group.filter(text -> !text.isEmpty()).orElse(DEFAULT_GROUP),
                mark >= 0 ? given.substring(mark + GROUP_MARK.length()) : given);
    }

    /** A service of our registry as Nacos's clients see it. */
    static NacosService ofRegistry(String service) {
        int namespaceEnd = service.indexOf(NAMESPACE_MARK);
        var namespace = namespaceEnd > 0 ? service.substring(0, namespaceEnd) : DEFAULT_NAMESPACE;
        var rest = namespaceEnd > 0 ? service.substring(namespaceEnd + NAMESPACE_MARK.length()) : service;
        int groupEnd = rest.indexOf(GROUP_MARK);
        return groupEnd > 0 && groupEnd + GROUP_MARK.length() < rest.length()
                ? new NacosService(
                        namespace, rest.substring(0, groupEnd), rest.substring(groupEnd + GROUP_MARK.length()))
                : new NacosService(namespace, DEFAULT_GROUP, rest);
    }

    /** Its name in our registry. */
    String inRegistry() {
        if (!namespace.equals(DEFAULT_NAMESPACE)) {
            return namespace + NAMESPACE_MARK + group + GROUP_MARK + name;
        }
        return group.equals(DEFAULT_GROUP) ? name : grouped();
    }

    /** Its name with its group, as instances carry it. */
    String grouped() {
        return group + GROUP_MARK + name;
    }
}
