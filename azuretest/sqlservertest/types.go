package sqlservertest

import "github.com/azuredb/passwordless/internal/tds"

// The types of requests, answers and values.
type (
	Request     = tds.Request
	Batch       = tds.Batch
	Call        = tds.Call
	Transaction = tds.Transaction
	Action      = tds.Action
	Isolation   = tds.Isolation
	BulkLoad    = tds.BulkLoad
	Column      = tds.Column
	Parameter   = tds.Parameter
	Type        = tds.Type
	Error       = tds.Error
)

const (
	Begin           = tds.Begin
	Commit          = tds.Commit
	Rollback        = tds.Rollback
	Save            = tds.Save
	UseCurrent      = tds.UseCurrent
	ReadUncommitted = tds.ReadUncommitted
	ReadCommitted   = tds.ReadCommitted
	RepeatableRead  = tds.RepeatableRead
	Serializable    = tds.Serializable
	Snapshot        = tds.Snapshot
	Max             = tds.Max
)

func ParseType(declaration string) (Type, error) { return tds.ParseType(declaration) }
