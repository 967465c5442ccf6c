package frontend

import (
	"fmt"
	"os"
	"strings"

	"github.com/azuredb/passwordless/azuretest"
)

// Environ returns the variables of a program that logs in as a managed identity.
func (s *Server) Environ(id azuretest.Identity) []string {
	if s.config.Cloud == nil {
		panic("azuretest: a server that does not listen has no variables")
	}
	prefix := s.config.Variables
	environ := append(s.config.Cloud.AppServiceEnviron(),
		prefix+"CONNECTIONSTRING="+s.config.Setting(s.Host(), s.Port(), id.Name),
		"PASSWORDLESS_TRUSTED_HOSTS="+s.Host(),
		"PASSWORDLESS_CA_FILE="+s.caFile())
	if strings.Contains(id.ResourceID, "/userAssignedIdentities/") { // a system-assigned identity is not named
		environ = append(environ, prefix+"CLIENTID="+id.ClientID)
	}
	return environ
}

// writeCA writes the CA's certificate to a file that is removed with the cloud.
func (s *Server) writeCA() string {
	f, err := os.CreateTemp("", "azuretest-ca-*.pem")
	if err == nil {
		f.Close()
		if err = s.config.CA.WriteFile(f.Name()); err == nil {
			err = s.config.Cloud.AtClose(func() error { return os.Remove(f.Name()) })
		}
	}
	if err != nil {
		panic(fmt.Sprintf("azuretest: file for the CA's certificate: %v", err))
	}
	return f.Name()
}
