package dev.plinth.registry;

/**
 * A service's name at the doors of registries that sort services by namespace and group.
 *
 * <p>In our registry it is {@code name} if it is of the default namespace and group, {@code group@@name} if only the group is
 * another one, and {@code namespace##group@@name} otherwise: so what nobody sorted into groups has one name at every door.
 */
public record QualifiedName(String namespace, String group, String name) {
    public static final String DEFAULT_NAMESPACE = "public";
    public static final String DEFAULT_GROUP = "DEFAULT_GROUP";
    public static final String GROUP_MARK = "@@";
    public static final String NAMESPACE_MARK = "##";

    /** Throws IllegalArgumentException, which names the part, if one is empty or holds a mark. */
    public QualifiedName {
        check("service name", name);
        check("group", group);
        check("namespace", namespace);
    }

    private static void check(String field, String text) {
        if (text.isEmpty() || text.contains(GROUP_MARK) || text.contains(NAMESPACE_MARK)) {
            throw Form.bad(field, text, "a name without @@ and ##");
        }
    }

    /** Reads what {@link #inRegistry} wrote, or any other name of a service. */
    public static QualifiedName ofRegistry(String service) {
        int namespaceEnd = service.indexOf(NAMESPACE_MARK);
        var namespace = namespaceEnd > 0 ? service.substring(0, namespaceEnd) : DEFAULT_NAMESPACE;
        var rest = namespaceEnd > 0 ? service.substring(namespaceEnd + NAMESPACE_MARK.length()) : service;
        int groupEnd = rest.indexOf(GROUP_MARK);
        return groupEnd > 0 && groupEnd + GROUP_MARK.length() < rest.length()
                ? new QualifiedName(
                        namespace, rest.substring(0, groupEnd), rest.substring(groupEnd + GROUP_MARK.length()))
                : new QualifiedName(namespace, DEFAULT_GROUP, rest);
    }

    /** Its name in our registry. */
    public String inRegistry() {
        if (!namespace.equals(DEFAULT_NAMESPACE)) {
            return namespace + NAMESPACE_MARK + group + GROUP_MARK + name;
        }
        return group.equals(DEFAULT_GROUP) ? name : group + GROUP_MARK + name;
    }
}
