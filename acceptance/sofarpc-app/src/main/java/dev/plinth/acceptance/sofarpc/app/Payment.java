package dev.plinth.acceptance.sofarpc.app;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A plain object, with a superclass's field, nested objects and a reference to another of its kind. */
@SuppressWarnings("JavaUtilDate") // services of real applications have it
public class Payment extends Identified {
    private static final long serialVersionUID = 1;

    private BigDecimal amount = BigDecimal.ZERO;
    private String currency = "";
    private Channel channel = Channel.COUNTER;
    private @Nullable Date due;
    private List<String> remarks = new ArrayList<>();
    private Map<String, Integer> marks = new HashMap<>();
    private @Nullable Payment corrects;
    private transient String secret = "stays here";

    public static Payment of(String id, String amount, String currency) {
        Payment payment = new Payment();
        payment.setId(id);
        payment.amount = new BigDecimal(amount);
        payment.currency = currency;
        return payment;
    }

    public BigDecimal getAmount() {
        return amount;
    }

    public void setAmount(BigDecimal value) {
        amount = value;
    }

    public String getCurrency() {
        return currency;
    }

    public Channel getChannel() {
        return channel;
    }

    public void setChannel(Channel value) {
        channel = value;
    }

    public @Nullable Date getDue() {
        return due;
    }

    public void setDue(Date value) {
        due = value;
    }

    public List<String> getRemarks() {
        return remarks;
    }

    public Map<String, Integer> getMarks() {
        return marks;
    }

    public @Nullable Payment getCorrects() {
        return corrects;
    }

    public void setCorrects(Payment value) {
        corrects = value;
    }

    public String getSecret() {
        return secret;
    }

    @Override
    public String toString() {
        return getId() + " " + amount + " " + currency + " " + channel + " due " + (due == null ? null : due.getTime())
                + " " + remarks + " " + marks + (corrects == null ? "" : " corrects " + corrects.getId());
    }
}
