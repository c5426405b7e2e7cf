package io.clawpod.manifests;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.kubernetes.api.model.rbac.RoleRef;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One right of one ServiceAccount.
 *
 * @param account {@code namespace/name}, or {@code Kind:name} of a subject that is no ServiceAccount
 * @param scope the namespace it holds in, or {@code cluster}
 * @param group the API group, or {@code core}
 * @param resource with its subresource, as in {@code pods/log}
 * @param object the only object it holds for, or {@code any}
 * @param verb the verb of the API request
 */
record Grant(String account, String scope, String group, String resource, String object, String verb)
        implements Comparable<Grant> {

    /** Everything the rendered bindings give, rule by rule. A binding to a role that is not rendered is an error. */
    static Set<Grant> in(Manifests manifests) {
        Stream<Grant> local = manifests.all(RoleBinding.class).stream()
                .flatMap(binding -> of(
                        binding.getSubjects(),
                        binding.getMetadata().getNamespace(),
                        rules(manifests, binding, binding.getRoleRef())));
        Stream<Grant> global = manifests.all(ClusterRoleBinding.class).stream()
                .flatMap(binding ->
                        of(binding.getSubjects(), "cluster", rules(manifests, binding, binding.getRoleRef())));
        return Stream.concat(local, global).collect(Collectors.toCollection(TreeSet::new));
    }

    /** The rights of a table: account | scope | group | resource | object | verbs joined by commas. */
    static Set<Grant> in(List<List<String>> table) {
        return table.stream()
                .flatMap(row -> Arrays.stream(row.get(5).split(",\\s*"))
                        .map(verb -> new Grant(row.get(0), row.get(1), row.get(2), row.get(3), row.get(4), verb)))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<PolicyRule> rules(Manifests manifests, HasMetadata binding, RoleRef ref) {
        return ref.getKind().equals("Role")
                ? manifests
                        .one(Role.class, binding.getMetadata().getNamespace(), ref.getName())
                        .getRules()
                : manifests.all(ClusterRole.class).stream()
                        .filter(role -> role.getMetadata().getName().equals(ref.getName()))
                        .findFirst()
                        .orElseThrow(() -> new AssertionError("no ClusterRole " + ref.getName() + " is rendered"))
                        .getRules();
    }

    private static Stream<Grant> of(List<Subject> subjects, String scope, List<PolicyRule> rules) {
        return subjects.stream().flatMap(subject -> rules.stream().flatMap(rule -> of(account(subject), scope, rule)));
    }

    private static Stream<Grant> of(String account, String scope, PolicyRule rule) {
        if (!rule.getNonResourceURLs().isEmpty()) {
            throw new AssertionError(account + " has rights on URLs: " + rule.getNonResourceURLs());
        }
        List<String> objects = rule.getResourceNames().isEmpty() ? List.of("any") : rule.getResourceNames();
        return rule.getApiGroups().stream()
                .map(group -> group.isEmpty() ? "core" : group)
                .flatMap(group -> rule.getResources().stream()
                        .flatMap(resource -> objects.stream()
                                .flatMap(object -> rule.getVerbs().stream()
                                        .map(verb -> new Grant(account, scope, group, resource, object, verb)))));
    }

    private static String account(Subject subject) {
        return subject.getKind().equals("ServiceAccount")
                ? subject.getNamespace() + "/" + subject.getName()
                : subject.getKind() + ":" + subject.getName();
    }

    @Override
    public int compareTo(Grant other) {
        return toString().compareTo(other.toString());
    }
}
