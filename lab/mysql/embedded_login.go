package mysql

import (
	"errors"
	"net"

	"github.com/dolthub/go-mysql-server/sql"
	"github.com/dolthub/go-mysql-server/sql/mysql_db"
	wire "github.com/dolthub/vitess/go/mysql"

	"github.com/azuredb/passwordless/internal/frontend/mysqlfront"
	"github.com/azuredb/passwordless/internal/frontend/tokenerr"
)

// tokenPlugin is the plugin of the accounts that log in with a token. It asks for it by mysql_clear_password.
const tokenPlugin = "entra_token"

// Authenticate decides on a token. Only of an expired one it gives the engine, and so the client, the reason.
func (e *embedded) Authenticate(_ *mysql_db.MySQLDb, user string, account *mysql_db.User, token string) (bool, error) {
	if account.User != user { // the account of those who have none
		e.logins.Refuse(user, errors.New("the user does not exist"))
		return false, nil
	}
	err := e.logins.CheckToken(e.cloud, user, token)
	if errors.Is(err, tokenerr.ErrExpired) {
		return false, mysqlfront.TokenExpired
	}
	return err == nil, nil
}

// overTLS are the engine's authentication methods, for logins with TLS.
type overTLS struct{ wire.AuthServer }

func (s overTLS) AuthMethods() []wire.AuthMethod {
	own := s.AuthServer.AuthMethods()
	methods := []wire.AuthMethod{withoutTLS{own[0]}} // mysql_native_password, by which no password is sent
	for _, m := range own {
		methods = append(methods, methodOverTLS{m})
	}
	return methods
}

// withoutTLS refuses logins without TLS before a token is asked for.
type withoutTLS struct{ wire.AuthMethod }

func (withoutTLS) HandleUser(c *wire.Conn, _ string) bool { return !c.TLSEnabled() }

func (withoutTLS) HandleAuthPluginData(*wire.Conn, string, []byte, []byte, net.Addr) (wire.Getter, error) {
	return nil, wire.NewSQLError(3159, "HY000", "Connections using insecure transport are prohibited while --require_secure_transport=ON.")
}

type methodOverTLS struct{ wire.AuthMethod }

func (m methodOverTLS) HandleUser(c *wire.Conn, user string) bool {
	return c.TLSEnabled() && m.AuthMethod.HandleUser(c, user)
}

// HandleAuthPluginData returns the account, as current_user() does, where the engine says from where the client came.
func (m methodOverTLS) HandleAuthPluginData(c *wire.Conn, user string, sent, received []byte, from net.Addr) (wire.Getter, error) {
	who, err := m.AuthMethod.HandleAuthPluginData(c, user, sent, received, from)
	if account, ok := who.(sql.MysqlConnectionUser); ok {
		account.Host = "%"
		who = account
	}
	return who, err
}
