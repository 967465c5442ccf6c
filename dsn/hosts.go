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
	errPortAlone = errors.New("given without a host: add the host")
	errHost      = errors.New("not a host name or IP address")
	errHostEmpty = errors.New("an empty name in the list of hosts")
	errAtSign    = errors.New(`an "@" in a host name: percent-encode "@" and "/" in a user name and password`)
	errSocket    = errors.New("a Unix-domain socket cannot be verified by TLS: give a host name, or use the driver without this library")
)

// readHosts reads a comma-separated list of hosts, each "name", "name:port",
// "[v6]:port" or any of these after "tcp:", and a list of ports that go with
// them. The port of a host wins over the list; an empty port means the default.
// "name,1433" with a number at the end is one host and its port.
func readHosts(b *builder) ([]Host, error) {
	hosts, ports, def := b.hosts, b.ports, b.engine.DefaultPort()
	names := strings.Split(hosts.value, ",")
	if len(names) == 2 && ports.value == "" && isNumber(trimBlanks(names[1])) {
		ports, names = pair{key: hosts.key, value: names[1], pos: hosts.pos}, names[:1]
	}
	numbers := strings.Split(ports.value, ",")
	if len(numbers) != 1 && len(numbers) != len(names) {
		return nil, ports.keyError(fieldPort.String(), errPortCount)
	}

	list := make([]Host, 0, len(names))
	for i, name := range names {
		name, own := splitHost(name)
		name, err := hostName(name)
		if err != nil {
			return nil, hosts.keyError(fieldHost.String(), err)
		}
		source, number := ports, numbers[min(i, len(numbers)-1)]
		if own != "" {
			source, number = hosts, own
		}
		port, err := readPort(number, def)
		if err != nil {
			return nil, source.keyError(fieldPort.String(), err)
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
		return s, "" // refused by hostName
	}
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "@") {
		return s, "" // a socket: refused by hostName
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
	if !isDNSName(s) {
		return "", errHost
	}
	return strings.ToLower(s), nil
}

// certificateName returns a name to verify a certificate against: a host name
// that may begin with "*.", as Azure's SQL Server strings write it.
func certificateName(s string) (string, error) {
	s = trimBlanks(s)
	base, wildcard := strings.CutPrefix(s, "*.")
	name, err := hostName(base)
	if err != nil {
		return "", errHost
	}
	if wildcard {
		return "*." + name, nil
	}
	return name, nil
}

// isDNSName accepts what the Domain Name System and container networks carry:
// letters, digits, hyphens and underscores in labels of at most 63 bytes.
// Internationalised names must be in their ASCII form.
func isDNSName(s string) bool {
	if len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			c := label[i]
			if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
				return false
			}
		}
	}
	return true
}

// readPort reads a port number; empty means def.
func readPort(s string, def uint16) (uint16, error) {
	s = trimBlanks(s)
	if s == "" {
		return def, nil
	}
	// strconv's error quotes its input, which may be a mislaid password.
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 || !isNumber(s) {
		return 0, errPort
	}
	return uint16(n), nil
}

func isNumber(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// withoutServer returns "user" for "user@server" when server is the first label
// of one of the hosts: the form that Azure's retired single servers wanted. An
// Entra user such as me@contoso.com stays.
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
