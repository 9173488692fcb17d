package dev.plinth.acceptance.sofarpc.app;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A generic plain object. */
public class Page<T> implements Serializable {
    private static final long serialVersionUID = 1;

    private int number;
    private List<T> items = new ArrayList<>();
    private @Nullable T first;

    public int getNumber() {
        return number;
    }

    public void setNumber(int value) {
        number = value;
    }

    public List<T> getItems() {
        return items;
    }

    public @Nullable T getFirst() {
        return first;
    }

    public void setFirst(T value) {
        first = value;
    }
}
