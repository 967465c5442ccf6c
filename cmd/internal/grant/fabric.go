package grant

// Fabric says, in lines for people, what is done in Microsoft Fabric in place of SQL. sqlserver is the command that prints the SQL
// for a database.
func Fabric(kind Kind, role Role, sqlserver string) []string {
	list := []string{
		"In Microsoft Fabric a role in the workspace, or a permission on the item, lets an identity in. There is no SQL for that.",
	}
	if kind == Service {
		list = append(list, "For a managed identity or service principal a Fabric administrator switches on the tenant setting",
			`"Service principals can use Fabric APIs".`)
	}
	const share = `share the item with the identity ("Share", or "Manage permissions" of the item)`
	if role == Reader {
		return append(list, "Reader: "+share+" with Read and ReadData.", "Or for all items of the workspace: the role Viewer.")
	}
	what := map[Role]string{Writer: "Writer", Owner: "Owner", ServiceConnector: "As Service Connector does it"}[role]
	return append(list, what+": "+share+" with Read, which lets it connect, and then",
		"in a SQL database the SQL that this prints:", "  "+sqlserver,
		"in a warehouse GRANT on the schema: there is no CREATE USER, for GRANT makes the user.",
		"The role Contributor, or Write on the item, would give full control.")
}
