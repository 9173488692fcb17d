package dev.plinth.sdk.jdbc;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Wrapper;
import java.util.logging.Logger;
import javax.sql.CommonDataSource;
import javax.sql.DataSource;

/** A data source over another one: all but its connections is the other one's. For this SDK's own data sources. */
public abstract class WrappingDataSource implements DataSource {
    private final CommonDataSource wrapped;

    protected WrappingDataSource(CommonDataSource wrapped) {
        this.wrapped = wrapped;
    }

    @Override
    public final PrintWriter getLogWriter() throws SQLException {
        return wrapped.getLogWriter();
    }

    @Override
    public final void setLogWriter(PrintWriter out) throws SQLException {
        wrapped.setLogWriter(out);
    }

    @Override
    public final void setLoginTimeout(int seconds) throws SQLException {
        wrapped.setLoginTimeout(seconds);
    }

    @Override
    public final int getLoginTimeout() throws SQLException {
        return wrapped.getLoginTimeout();
    }

    @Override
    public final Logger getParentLogger() throws SQLFeatureNotSupportedException {
        return wrapped.getParentLogger();
    }

    @Override
    public final <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        if (wrapped instanceof Wrapper wrapper) {
            return wrapper.unwrap(type);
        }
        if (type.isInstance(wrapped)) {
            return type.cast(wrapped);
        }
        throw new SQLException("this is no " + type.getName() + ", and wraps none");
    }

    @Override
    public final boolean isWrapperFor(Class<?> type) throws SQLException {
        return type.isInstance(this)
                || (wrapped instanceof Wrapper wrapper ? wrapper.isWrapperFor(type) : type.isInstance(wrapped));
    }
}
