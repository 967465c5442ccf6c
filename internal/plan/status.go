package plan

import (
	"slices"

	"github.com/azuredb/passwordless"
	"github.com/azuredb/passwordless/internal/identity"
)

// Status is that of the connection while its tokens are those of id, without what is known only of tokens.
func (p *Plan) Status(id identity.Identity, azure identity.AzureFacts) passwordless.Status {
	return passwordless.Status{
		Engine: p.Config.Engine, Hosts: slices.Clone(p.Config.Hosts), Database: p.Config.Database, User: p.User(id),
		Connection: p.Connection, Source: p.Source, Variables: slices.Clone(p.variables),
		Kind: id.Kind, Identity: id.String(), Rule: id.Rule, Why: id.Why, Tenant: id.TenantID, InAzure: azure.InAzure, Azure: azure.String(),
		Cloud: p.Cloud.Name, Scope: p.Cloud.Scope, Authority: p.Cloud.Authority, TLS: p.TLS.String(),
		Warnings: WithNote(id, p.Warnings(), p.UserNote(id)),
	}
}

// Azure is what is known without a probe.
func (p *Plan) Azure() identity.AzureFacts {
	tag := p.Host.AssetTag.Get()
	return identity.AzureFacts{Endpoint: p.Host.Marker.Get(), AssetTag: tag, InAzure: tag && p.Options.ProbeIMDS == nil}
}

// Warnings are those that are known when the connection is opened.
func (p *Plan) Warnings() []string {
	return slices.Concat(p.FoundWarnings, p.Identity.Warnings, p.TLS.Warnings)
}
