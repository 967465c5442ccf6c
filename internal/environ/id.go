package environ

import (
	"strings"
)

// NamesIdentity reports whether a user name of SQL Server's is that of an
// identity: its ID, perhaps with a tenant, or its resource ID.
func NamesIdentity(user string) bool {
	id, _, _ := strings.Cut(user, "@")
	return IsGUID(id) || IsResourceID(user)
}

// IsResourceID reports whether s is the ID of a resource of Azure.
func IsResourceID(s string) bool {
	const start = "/subscriptions/"
	return len(s) > len(start) && strings.EqualFold(s[:len(start)], start)
}

// IsGUID reports whether s has the form of an ID of Microsoft Entra, such as
// 6f9619ff-8b86-d011-b42d-00c04fc964ff.
func IsGUID(s string) bool {
	groups := strings.Split(s, "-")
	if len(groups) != 5 {
		return false
	}
	for i, length := range [...]int{8, 4, 4, 4, 12} {
		if len(groups[i]) != length || strings.Trim(groups[i], "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return true
}
