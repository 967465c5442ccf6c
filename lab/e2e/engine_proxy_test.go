package e2e_test

import "testing"

func TestEngineProxySeesNoRequestForTheHostsIdentity(t *testing.T) {
	program := loginProgram(t)
	onEachSite(t, func(t *testing.T, x *site) { proxySeesNoRequest(t, x, program) })
}
