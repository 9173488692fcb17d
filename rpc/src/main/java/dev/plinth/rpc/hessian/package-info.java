/**
 * What a Bolt frame carries between SOFARPC's processes: {@code SofaRequest} and {@code SofaResponse} in Hessian 2, as {@code
 * com.alipay.sofa:hessian:3.5.5} writes it.
 *
 * <p>Start with {@link dev.plinth.rpc.hessian.SofaBodies}, which reads and writes both. What may be read is decided by {@link
 * dev.plinth.rpc.hessian.AllowedTypes}, and how much by {@code GuardedInput}: bytes from a network choose neither a class to
 * load nor the memory to take. What cannot be taken is a {@link dev.plinth.rpc.hessian.BodyException}.
 */
@NullMarked
package dev.plinth.rpc.hessian;

import org.jspecify.annotations.NullMarked;
