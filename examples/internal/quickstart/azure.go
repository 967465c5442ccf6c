package quickstart

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/azuredb/passwordless/azuretest"
)

const databaseName = "shop"

// tokenLifetime is short, so that a token expires while one watches. Azure's
// live for an hour or more.
const tokenLifetime = 8 * time.Second

// azure is what an app on App Service finds around itself: an identity endpoint,
// a database that takes its tokens, and variables that name both.
type azure struct {
	cloud    *azuretest.Cloud
	database *Server
	identity azuretest.Identity
	dir      string
	environ  []string
}

// startAzure starts the identity endpoint and the database, and sets
// the variables as Service Connector writes them for a user-assigned identity.
func startAzure(ctx context.Context, p Program) (_ *azure, err error) {
	a := &azure{}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if a.dir, err = os.MkdirTemp("", "passwordless-quickstart-"); err != nil {
		return nil, err
	}
	if a.cloud, err = azuretest.Start(); err != nil {
		return nil, err
	}
	a.identity = a.cloud.AddUserAssigned(azuretest.Identity{Name: "aad_orders", TokenLifetime: tokenLifetime})
	if a.database, err = p.Start(ctx, a.cloud, a.identity, databaseName); err != nil {
		return nil, err
	}
	return a, a.setenv()
}

func (a *azure) setenv() error {
	ca := filepath.Join(a.dir, "ca.pem")
	if err := a.cloud.CA().WriteFile(ca); err != nil {
		return err
	}
	a.environ = slices.Concat(a.database.Environ, []string{
		// Needed here only: this host is not Azure's, nor is its certificate.
		"PASSWORDLESS_TRUSTED_HOSTS=" + a.database.Host,
		"PASSWORDLESS_CA_FILE=" + ca,
	}, a.cloud.AppServiceEnviron()) // the last ones are App Service's own
	for _, variable := range a.environ {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

// describe prints what was started, and the variables without the header, which
// is a secret of App Service.
func (a *azure) describe(out io.Writer) error {
	fmt.Fprintf(out, "database engine: %s\n\nenvironment of the program:\n", a.database.Engine)
	for _, variable := range a.environ {
		name, value, _ := strings.Cut(variable, "=")
		if name == "IDENTITY_HEADER" {
			value = "***"
		}
		if _, err := fmt.Fprintf(out, "  %s=%s\n", name, value); err != nil {
			return err
		}
	}
	return nil
}

// Close stops everything and removes the files.
func (a *azure) Close() error {
	var errs []error
	if a.database != nil {
		errs = append(errs, a.database.Close())
	}
	if a.cloud != nil {
		errs = append(errs, a.cloud.Close())
	}
	if a.dir != "" {
		errs = append(errs, os.RemoveAll(a.dir))
	}
	return errors.Join(errs...)
}
