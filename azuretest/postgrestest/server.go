package postgrestest

import (
	"testing"

	"github.com/azuredb/passwordless/azuretest"
	"github.com/azuredb/passwordless/internal/frontend"
	"github.com/azuredb/passwordless/internal/frontend/postgresfront"
)

// New starts a server for one test, on a free port of 127.0.0.1, and fails the test if
// that is impossible. A login needs a token of the cloud for
// [azuretest.OSSRDBMSAudience] that belongs to the user it names. The server runs
// until it or the cloud is closed.
func New(tb testing.TB, cloud *azuretest.Cloud, o *azuretest.ServerOptions) azuretest.Server {
	tb.Helper()
	return frontend.Must(tb, postgresfront.Start, cloud, &postgresfront.Options{ServerOptions: frontend.OrDefaults(o)})
}
