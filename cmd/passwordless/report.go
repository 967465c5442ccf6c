package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/plan"
)

// report is what is printed: inspectHelp describes its keys.
type report struct {
	Host       string `json:"host"`
	Port       uint16 `json:"port"`
	Database   string `json:"database"`
	User       string `json:"user"`
	TLS        string `json:"tls"`
	Auth       string `json:"auth"`
	ClientID   string `json:"client_id"`
	TenantID   string `json:"tenant_id"`
	ObjectID   string `json:"object_id"`
	Connection string `json:"connection"`
	Cloud      string `json:"cloud"`
	Scope      string `json:"scope"`
	Mode       string `json:"mode"`
	Error      string `json:"error"`

	Password            string `json:"password,omitempty"`
	ClientSecret        string `json:"client_secret,omitempty"`
	CertificatePassword string `json:"client_certificate_password,omitempty"`

	Engine      string   `json:"engine"`
	Source      string   `json:"source"`
	Variables   []string `json:"variables"`
	Dialect     string   `json:"dialect"`
	Hosts       []string `json:"hosts"`
	ServerNames []string `json:"server_names"`
	Parameters  string   `json:"parameters"`
	ResourceID  string   `json:"resource_id"`
	Identity    string   `json:"identity"`
	Rule        string   `json:"rule"`
	Why         string   `json:"why"`
	IDKind      string   `json:"id_kind"`
	Azure       string   `json:"azure"`
	AssetTag    bool     `json:"asset_tag"`
	Probe       bool     `json:"probe"`
	Developer   []string `json:"developer"`
	Authority   string   `json:"authority"`
	TLSDecision string   `json:"tls_decision"`
	Trust       []string `json:"trust"`
	Warnings    []string `json:"warnings"`

	ErrorVariable string `json:"error_variable"`
	ErrorAnchor   string `json:"error_anchor"`
}

// authWords are the values of auth.
var authWords = map[passwordless.IdentityKind]string{
	passwordless.SystemAssigned:              "system",
	passwordless.UserAssigned:                "user",
	passwordless.ServicePrincipal:            "service-principal",
	passwordless.ServicePrincipalCertificate: "service-principal",
	passwordless.WorkloadIdentity:            "workload",
	passwordless.PasswordLogin:               "secret",
	passwordless.AzureCLI:                    "azure-cli",
	passwordless.AzureDeveloperCLI:           "azure-developer-cli",
	passwordless.AzurePowerShell:             "azure-powershell",
	passwordless.Interactive:                 "interactive",
	passwordless.DeviceCode:                  "device-code",
}

func newReport(i plan.Inspection, err error) report {
	r := report{
		Database: i.Database, User: i.User, TLS: i.Config.TLS.String(), Auth: authWords[i.Kind],
		ClientID: i.ClientID, TenantID: i.Tenant, ObjectID: i.ObjectID, ResourceID: i.ResourceID,
		Connection: i.Connection, Cloud: i.Cloud, Scope: i.Scope, Authority: i.Authority,
		Mode:     i.Config.Identity.Method.String(),
		Password: hidden(i, "password"), ClientSecret: hidden(i, "client_secret"), CertificatePassword: hidden(i, "client_certificate_password"),
		Engine: i.Engine.String(), Source: i.Source, Dialect: string(cmp.Or(i.Config.Dialect, "unknown")), Parameters: parameters(i),
		Rule: i.Rule, Why: i.Why, Azure: i.Azure, AssetTag: i.AssetTag, Probe: i.Probe, TLSDecision: i.TLS,
		Variables: list(i.Variables), ServerNames: list(i.ServerNames), Trust: list(i.Trust), Warnings: list(i.Warnings),
		Hosts: []string{}, Developer: []string{},
	}
	switch {
	case i.EitherID:
		r.Identity = fmt.Sprintf("%s (client or object ID %s)", i.Kind, i.ClientID+i.ObjectID)
		r.IDKind = "the connection does not tell a client ID from an object ID: the host is asked for it as a client ID first, then as an object ID"
	case i.Kind != 0:
		r.Identity = i.Identity
	}
	for _, h := range i.Hosts {
		r.Hosts = append(r.Hosts, h.String())
	}
	if len(i.Hosts) > 0 {
		r.Host, r.Port = i.Hosts[0].Name, i.Hosts[0].Port
	}
	for _, kind := range i.Developer {
		r.Developer = append(r.Developer, kind.String())
	}
	if err != nil {
		r.Error = err.Error()
	}
	if setup, ok := errors.AsType[*passwordless.SetupError](err); ok {
		r.ErrorVariable, r.ErrorAnchor = setup.Variable, setup.Anchor
	}
	return r
}

// hidden replaces a secret, if there is one.
func hidden(i plan.Inspection, key string) string {
	if slices.Contains(i.Secrets, key) {
		return "***"
	}
	return ""
}

// parameters names those left for the driver, as far as their names may be shown.
func parameters(i plan.Inspection) string {
	for _, a := range i.Config.LogValue().Group() {
		if a.Key == "params" {
			return a.Value.String()
		}
	}
	return ""
}

// list returns s for JSON: [] instead of null.
func list(s []string) []string { return append([]string{}, s...) }

// json returns the report as one object.
func (r report) json() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	_ = e.Encode(r) // strings, numbers and a bool always can be
	return b.Bytes()
}
