// Package mysqltest is a login front end for MySQL: it speaks the real wire protocol
// over real TLS, refuses logins without TLS before it asks for a password, asks for
// the token with the plugin mysql_clear_password like Azure Database for MySQL, and
// checks it.
//
// A whole test of an app, with package mysql imported for its driver:
//
//	func TestApp(t *testing.T) {
//		cloud := azuretest.New(t)
//		app := cloud.AddUserAssigned(azuretest.Identity{Name: "app"})
//		server := mysqltest.New(t, cloud, nil)
//		azuretest.Setenv(t, server.Environ(app)...)
//
//		db, err := sql.Open("azure-mysql", "") // or whatever the app does
//		require.NoError(t, err)
//		defer db.Close()
//		require.NoError(t, db.Ping())
//		require.Equal(t, "app", server.Logins()[0].User)
//	}
//
// Package azuretest is the manual. What happens after the login is in [azuretest.ServerOptions]:
// a Query answers statements in Go, a Backend is an ordinary server, and without either
// every statement succeeds with no rows.
package mysqltest
