package sqlservertest

import (
	"testing"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/sqlserverfront"
)

// New starts a server for one test, on a free port of 127.0.0.1, and fails the test if
// that is impossible. A login needs a token of the cloud for
// [azuretest.SQLAudience]. The server runs until it or the cloud is closed.
func New(tb testing.TB, cloud *azuretest.Cloud, o *azuretest.ServerOptions) azuretest.Server {
	tb.Helper()
	return frontend.Must(tb, sqlserverfront.Start, cloud, &sqlserverfront.Options{ServerOptions: frontend.OrDefaults(o)})
}
