package dev.plinth.trust.secrets;

import dev.plinth.trust.audit.AuditHead;
import java.util.Optional;

/** What watchers of keys and secrets see. */
record SecretsView(AuditHead audit, Optional<Root> root, Optional<Rotation> rotation) {}
