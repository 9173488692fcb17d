/**
 * Seata's wire protocol: what transaction managers, resource managers and the coordinator
 * say to one another, as records and as bytes.
 *
 * <p>Start with {@link dev.plinth.wire.seata.SeataMessage} (what is said), then {@link dev.plinth.wire.seata.SeataFrame} (how it is
 * wrapped), then {@link dev.plinth.wire.seata.SeataCodec} (records to bytes and back, in version 1 with Seata's own serializer) and
 * {@link dev.plinth.wire.seata.SeataConversation} (the same with version 0, protobuf and compressed bodies). Both ends use it: the coordinator's door and
 * the SDK. Bytes that break the format raise {@link dev.plinth.wire.seata.SeataFormatException}, which says whether the connection can
 * go on.
 *
 * <p>Source: Apache Seata 2.6.0, {@code ProtocolDecoderV1} and the codecs of {@code seata-serializer-seata}. Bytes of the original
 * are test data of this package.
 */
@NullMarked
package dev.plinth.wire.seata;

import org.jspecify.annotations.NullMarked;
