package dev.plinth.acceptance.sofarpc.app;

import java.io.Serializable;

/** What has an id. */
public class Identified implements Serializable {
    private static final long serialVersionUID = 1;

    private String id = "";

    public String getId() {
        return id;
    }

    public void setId(String value) {
        id = value;
    }
}
