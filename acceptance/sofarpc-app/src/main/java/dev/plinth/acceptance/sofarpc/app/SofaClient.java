package dev.plinth.acceptance.sofarpc.app;

import com.alipay.hessian.generic.model.GenericObject;
import com.alipay.sofa.rpc.api.GenericService;
import com.alipay.sofa.rpc.api.future.SofaResponseFuture;
import com.alipay.sofa.rpc.common.RpcConfigs;
import com.alipay.sofa.rpc.common.RpcConstants;
import com.alipay.sofa.rpc.common.RpcOptions;
import com.alipay.sofa.rpc.config.ConsumerConfig;
import com.alipay.sofa.rpc.config.MethodConfig;
import com.alipay.sofa.rpc.context.RpcInvokeContext;
import com.alipay.sofa.rpc.core.exception.SofaRpcException;
import com.alipay.sofa.rpc.core.request.SofaRequest;
import com.alipay.sofa.rpc.core.response.SofaResponse;
import com.alipay.sofa.rpc.filter.Filter;
import com.alipay.sofa.rpc.filter.FilterInvoker;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Date;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Calls {@link Teller} at an address by SOFARPC in many ways, and prints a line for each: a name, a blank, what came of it. */
// Services of real applications have dates; and whether two references lead to one object is a question of identity.
@SuppressWarnings({"JavaUtilDate", "ReferenceEquality"})
public final class SofaClient {
    private static final int TIMEOUT_MS = 20_000;

    private interface Scenario {
        @Nullable
        Object run() throws Throwable;
    }

    private final String address;
    private final Map<String, Scenario> scenarios = new LinkedHashMap<>();

    private SofaClient(String address) {
        this.address = address;
    }

    public static void main(String[] args) {
        RpcConfigs.putValue(RpcOptions.INVOKE_BAGGAGE_ENABLE, true);
        SofaClient client = new SofaClient(args[0]);
        client.values();
        client.objects();
        client.failures();
        client.ways();
        client.scenarios.forEach((name, scenario) -> System.out.println(name + " " + outcome(scenario)));
        System.out.flush();
        // SOFARPC's threads are no daemons.
        System.exit(0);
    }

    private static String outcome(Scenario scenario) {
        try {
            return String.valueOf(scenario.run());
        } catch (SofaRpcException e) {
            return "SofaRpcException " + e.getErrorType() + " " + e.getMessage();
        } catch (Throwable e) {
            return e.getClass().getSimpleName() + " " + e.getMessage()
                    + (e instanceof Rejected rejected ? " " + rejected.getReason() : "")
                    + (e.getCause() == null ? "" : " caused by " + e.getCause().getMessage());
        }
    }

    private ConsumerConfig<Teller> config() {
        return new ConsumerConfig<Teller>()
                .setInterfaceId(Teller.class.getName())
                .setProtocol("bolt")
                .setDirectUrl("bolt://" + address)
                .setTimeout(TIMEOUT_MS)
                .setRepeatedReferLimit(-1)
                .setRegister(false)
                .setSubscribe(false);
    }

    private void values() {
        Teller teller = config().refer();
        scenarios.put("greet", () -> teller.greet("world"));
        scenarios.put("greet-null", () -> teller.greet(null));
        scenarios.put("greet-unicode", () -> teller.greet("grüße 世界 😀"));
        scenarios.put("add", () -> teller.add(-1, 1L << 40));
        scenarios.put("values", () -> teller.echo(new Values()).toString().equals(new Values().toString()));
        scenarios.put("sum", () -> teller.sum(List.of(new BigDecimal("0.10"), new BigDecimal("1000000.05"))));
        scenarios.put("tomorrow", () -> teller.tomorrow(new Date(0)).getTime());
        scenarios.put("overloaded-int", () -> teller.kind(5));
        scenarios.put("overloaded-text", () -> teller.kind("five"));
        scenarios.put("sorted", () -> Arrays.toString(teller.sorted(new String[] {"b", "a"})));
        scenarios.put("reverse", () -> Arrays.toString(teller.reverse(new byte[] {1, 2, 3})));
        scenarios.put("reverse-megabytes", () -> {
            byte[] bytes = new byte[5 << 20];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) (i * 31);
            }
            return Arrays.equals(teller.reverse(teller.reverse(bytes)), bytes);
        });
    }

    private void objects() {
        Teller teller = config().refer();
        scenarios.put("pay", () -> {
            Payment payment = Payment.of("p1", "12.50", "EUR");
            payment.setChannel(Channel.WEB);
            payment.setDue(new Date(1_000));
            payment.getMarks().put("m", 3);
            payment.setCorrects(Payment.of("p0", "1", "EUR"));
            return teller.pay(payment);
        });
        scenarios.put("pay-self", () -> {
            Payment payment = Payment.of("p2", "1", "EUR");
            payment.setCorrects(payment);
            Payment paid = teller.pay(payment);
            return paid.getCorrects() == paid;
        });
        scenarios.put("page", () -> {
            Page<Payment> page = new Page<>();
            page.setNumber(1);
            page.getItems().add(Payment.of("p3", "3", "CNY"));
            Page<Payment> next = teller.page(page);
            return next.getNumber() + " " + next.getItems() + " "
                    + (next.getFirst() == next.getItems().get(0));
        });
        scenarios.put(
                "by-currency",
                () -> new TreeMap<>(teller.byCurrency(List.of(
                        Payment.of("a", "1", "EUR"), Payment.of("b", "2", "CNY"), Payment.of("c", "3", "EUR")))));
        scenarios.put(
                "channels",
                () -> teller.channels(new HashSet<>(List.of(Channel.WEB, Channel.PHONE)))
                        .equals(EnumSet.of(Channel.WEB, Channel.PHONE)));
    }

    private void failures() {
        Teller teller = config().refer();
        scenarios.put("rejected", () -> teller.pay(Payment.of("p4", "-1", "EUR")));
        scenarios.put("checked", () -> fail(teller, "checked"));
        scenarios.put("unchecked", () -> fail(teller, "unchecked"));
        scenarios.put("undeclared", () -> fail(teller, "undeclared"));
        Teller other = config().setUniqueId("other").refer();
        scenarios.put("no-such-service", () -> other.greet("x"));
        Teller impatient = config().setTimeout(200).refer();
        scenarios.put("too-late", () -> impatient.sleep(2_000));
        Teller user = config().setFilterRef(List.<Filter>of(new Property("plinth.user", "7")))
                .refer();
        scenarios.put("wrong-cell", () -> user.greet("x"));
    }

    private static Object fail(Teller teller, String how) throws Rejected {
        teller.fail(how);
        return "did not fail";
    }

    private void ways() {
        Teller teller = config().refer();
        Teller oneWay = config().setMethods(
                        List.of(new MethodConfig().setName("note").setInvokeType(RpcConstants.INVOKER_TYPE_ONEWAY)))
                .refer();
        scenarios.put("one-way", () -> {
            oneWay.note("by SOFARPC");
            while (teller.notes().isEmpty()) {
                Thread.onSpinWait();
            }
            return teller.notes();
        });
        Teller future = config().setInvokeType(RpcConstants.INVOKER_TYPE_FUTURE).refer();
        scenarios.put("future", () -> future.add(1, 2) + " " + SofaResponseFuture.getResponse(TIMEOUT_MS, true));
        Teller property = config().setFilterRef(List.<Filter>of(new Property("TX_XID", "127.0.0.1:8091:42")))
                .refer();
        scenarios.put("property", () -> property.property("TX_XID"));
        scenarios.put("baggage", () -> {
            RpcInvokeContext.getContext().putRequestBaggage("tenant", "north");
            try {
                return teller.property("rpc_req_baggage.tenant") + " "
                        + RpcInvokeContext.getContext().getResponseBaggage("answer");
            } finally {
                RpcInvokeContext.removeContext();
            }
        });
        scenarios.put("generic", () -> {
            GenericService service = new ConsumerConfig<GenericService>()
                    .setInterfaceId(Teller.class.getName())
                    .setGeneric(true)
                    .setProtocol("bolt")
                    .setDirectUrl("bolt://" + address)
                    .setTimeout(TIMEOUT_MS)
                    .setRepeatedReferLimit(-1)
                    .setRegister(false)
                    .setSubscribe(false)
                    .refer();
            GenericObject payment = new GenericObject(Payment.class.getName());
            payment.putField("id", "p5");
            payment.putField("amount", new BigDecimal("5"));
            payment.putField("currency", "EUR");
            payment.putField("remarks", new java.util.ArrayList<>());
            Object paid = service.$genericInvoke("pay", new String[] {Payment.class.getName()}, new Object[] {payment});
            GenericObject result = (GenericObject) paid;
            return result.getType() + " " + result.getField("id") + " " + result.getField("remarks");
        });
    }

    /** Sends a property along, as Seata's integration with SOFARPC sends its XID. */
    private static final class Property extends Filter {
        private final String name;
        private final String value;

        Property(String name, String value) {
            this.name = name;
            this.value = value;
        }

        @Override
        public SofaResponse invoke(FilterInvoker invoker, SofaRequest request) throws SofaRpcException {
            request.addRequestProp(name, value);
            return invoker.invoke(request);
        }
    }
}
