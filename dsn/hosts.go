package dsn

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

var (
	errPort      = errors.New("not a port number: want 1 to 65535")
	errPortCount = errors.New("give one port, or one for each host")
	errNoHost    = errors.New("given without a host: add the host")
	errHost      = errors.New("not a host name or IP address")
	errHostKeys  = errors.New("holds more than a host: separate the keys with semicolons")
	errHostURL   = errors.New("a URL in place of a host name: leave out what is in front of the name and behind it")
	errHostEmpty = errors.New("an empty name in the list of hosts")
	errAtSign    = errors.New(`an "@" in a host name: percent-encode "@" and "/" in a user name and password`)
	errSocket    = errors.New("a Unix-domain socket cannot be verified by TLS: give a host name, or use the driver without this library")
)

// readHosts reads a comma-separated list of hosts, each "name", "name:port",
// "[v6]:port" or any of these after "tcp:", and a list of ports, over which a host's
// own wins. "name,1433" with a number at the end is one host and its port.
func readHosts(b *builder) ([]Host, error) {
	hosts, ports, def := b.hosts, b.ports, b.config.Engine.DefaultPort()
	names := strings.Split(hosts.value, ",")
	if len(names) == 2 && ports.value == "" && isNumber(trimBlanks(names[1])) {
		ports, names = pair{key: hosts.key, value: names[1], pos: hosts.pos}, names[:1]
	}
	numbers, err := ports.numbers(len(names))
	if err != nil {
		return nil, err
	}
	list := make([]Host, 0, len(names))
	for i, name := range names {
		name, own := splitHost(name)
		name, err := hostName(name)
		if err != nil {
			return nil, hosts.keyError("host", err)
		}
		source, number := ports, numbers[min(i, len(numbers)-1)]
		if own != "" {
			source, number = hosts, own
		}
		port, err := source.port(number, def)
		if err != nil {
			return nil, err
		}
		list = append(list, Host{name, port})
	}
	return list, nil
}

// splitHost takes the protocol prefix, the brackets and the port off one host.
func splitHost(s string) (name, port string) {
	s = trimBlanks(s)
	if len(s) > 4 && strings.EqualFold(s[:4], "tcp:") {
		s = trimBlanks(s[4:])
	}
	if _, err := netip.ParseAddr(s); err == nil {
		return s, ""
	}
	if inner, ok := strings.CutPrefix(s, "["); ok {
		if name, rest, ok := strings.Cut(inner, "]"); ok && (rest == "" || rest[0] == ':') {
			return name, strings.TrimPrefix(rest, ":")
		}
	}
	if strings.IndexAny(s, "[/@") == 0 || strings.Contains(s, "://") { // hostName refuses it
		return s, ""
	}
	name, port, _ = strings.Cut(s, ":")
	return name, port
}

// hostName returns a host in one form: lower case, without a final dot.
func hostName(s string) (string, error) {
	s = trimBlanks(s)
	switch {
	case s == "":
		return "", errHostEmpty
	case s[0] == '/' || s[0] == '@':
		return "", errSocket
	}
	if ip, err := netip.ParseAddr(s); err == nil {
		if zone := ip.Zone(); zone != "" && !isDNSName(zone) {
			return "", errHost
		}
		return ip.String(), nil
	}
	s = strings.TrimSuffix(s, ".")
	switch {
	case isDNSName(s):
		return strings.ToLower(s), nil
	case strings.ContainsAny(s, blanks) && hasEquals(s):
		return "", errHostKeys
	case isURL(s):
		return "", errHostURL
	}
	return "", errHost
}

// certificateName reads a host name that may begin with "*.", as Azure's SQL Server
// strings write it.
func certificateName(s string) (string, error) {
	s = trimBlanks(s)
	base, wildcard := strings.CutPrefix(s, "*.")
	name, err := hostName(base)
	switch {
	case err != nil:
		return "", errHost
	case wildcard:
		return "*." + name, nil
	}
	return name, nil
}

// isDNSName accepts what the Domain Name System and container networks carry;
// internationalised names must be in their ASCII form.
func isDNSName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || !isAlphanumeric(label, "-_") {
			return false
		}
	}
	return len(s) <= 253
}

// numbers cuts the pair's list of ports: one, or one for each of n hosts.
func (p pair) numbers(n int) ([]string, error) {
	list := strings.Split(p.value, ",")
	if len(list) != 1 && len(list) != n {
		return nil, p.keyError("port", errPortCount)
	}
	return list, nil
}

// port reads a port number that was given in the pair; empty means def.
func (p pair) port(s string, def uint16) (uint16, error) {
	s = trimBlanks(s)
	if s == "" {
		return def, nil
	}
	// strconv's error quotes its input, which may be a mislaid password.
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, p.keyError("port", errPort)
	}
	return uint16(n), nil
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// withoutServer returns "user" for "user@server", the form that Azure's retired single
// servers wanted, if server is the first label of a host. An Entra user such as
// me@contoso.com stays.
func withoutServer(user string, hosts []Host) string {
	i := strings.LastIndexByte(user, '@')
	if i <= 0 {
		return user
	}
	for _, h := range hosts {
		label, _, _ := strings.Cut(h.Name, ".")
		if strings.EqualFold(user[i+1:], label) {
			return user[:i]
		}
	}
	return user
}
