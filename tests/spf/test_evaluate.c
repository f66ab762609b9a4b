/* check_host() over small zones: results, reasons, counts and explanations, rule by rule. */
#include <stdio.h>

#include "zone.h"

#define CLIENT4 "192.0.2.1"
#define CLIENT6 "2001:db8::1"

static const struct row {
	const char *name;
	const char *zone;
	const char *ip, *helo, *sender;
	enum inkan_result result;
	const char *mechanism;   /* the term that decided; NULL: not compared */
	const char *reason;      /* the reason begins so; NULL: not compared */
	const char *explanation; /* NULL: not compared */
} rows[] = {
	/* identities */
	{"P1 MAIL FROM", "'d.example':{'TXT':['v=spf1 ip4:192.0.2.1 -all']}", CLIENT4, "h.example", "u@d.example",
         INKAN_PASS, "ip4:192.0.2.1", "", ""},
	{"P1 null sender: postmaster@HELO",
         "'h.example':{'TXT':['v=spf1 exists:%{l}.%{o}']},'postmaster.h.example':{'A':['127.0.0.2']}", CLIENT4,
         "h.example", "", INKAN_PASS, "exists:%{l}.%{o}", "", ""},
	{"P1 null sender, HELO is a literal", "", CLIENT4, "[192.0.2.1]", "", INKAN_NONE, "", "an address literal", ""},
	{"P1 null sender, HELO is one label", "", CLIENT4, "localhost", "", INKAN_NONE, "", "not a name of two labels",
         ""},
	{"P1 null sender, no HELO", "", CLIENT4, "", "", INKAN_NONE, "", "no domain", ""},
	{"P1 no local part",
         "'d.example':{'TXT':['v=spf1 exists:%{l}.d.example']},'postmaster.d.example':{'A':['127.0.0.2']}", CLIENT4,
         "h.example", "@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P1 a source route", "'d.example':{'TXT':['v=spf1 exists:%{l}.d.example']},'u.d.example':{'A':['127.0.0.2']}",
         CLIENT4, "h.example", "@a.example,@b.example:u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P1 two at signs: the last counts", "'d.example':{'TXT':['v=spf1 +all']}", CLIENT4, "h.example",
         "\"u@x.example\"@d.example", INKAN_PASS, NULL, NULL, NULL},

	/* the domain */
	{"P2 one label", "", CLIENT4, "h.example", "u@localhost", INKAN_NONE, "", "not a name of two labels", ""},
	{"P2 a literal", "", CLIENT4, "h.example", "u@[192.0.2.1]", INKAN_NONE, "", "an address literal", ""},
	{"P2 an empty label", "", CLIENT4, "h.example", "u@a..example", INKAN_NONE, "", "not a domain name", ""},
	{"P2 a space", "", CLIENT4, "h.example", "u@a b.example", INKAN_NONE, "", "not a domain name", ""},
	{"P2 a bracket", "", CLIENT4, "h.example", "u@a.example(.b.example", INKAN_NONE, "", "not a domain name", ""},
	{"P2 a label of 64 octets", "", CLIENT4, "h.example",
         "u@xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.example", INKAN_NONE, "",
         "not a domain name", ""},
	{"P2 NXDOMAIN", "", CLIENT4, "h.example", "u@d.example", INKAN_NONE, "", "the domain does not exist", ""},
	{"P2 SERVFAIL", "'d.example':{'_error':{'*':'SERVFAIL'}}", CLIENT4, "h.example", "u@d.example", INKAN_TEMPERROR,
         "", "DNS look-up failed: server failure (TXT of d.example)", ""},
	{"P2 a CNAME loop", "'d.example':{'CNAME':['d.example']}", CLIENT4, "h.example", "u@d.example", INKAN_TEMPERROR,
         "", "DNS look-up failed: endless chain", ""},
	{"P12 time-out", "'d.example':{'_error':{'*':'TIMEOUT'}}", CLIENT4, "h.example", "u@d.example", INKAN_TEMPERROR,
         "", "DNS look-up failed: no answer in time", ""},
	{"P2 a final dot", "'d.example':{'TXT':['v=spf1 +all']}", CLIENT4, "h.example", "u@d.example.", INKAN_PASS,
         NULL, NULL, NULL},
	{"P2 an underscore", "'_x.d.example':{'TXT':['v=spf1 +all']}", CLIENT4, "h.example", "u@_x.d.example",
         INKAN_PASS, NULL, NULL, NULL},

	/* selection */
	{"P3 strings are joined without space", "'d.example':{'TXT':[['v=spf1 ip4:192.0','.2.1 -all']]}", CLIENT4,
         "h.example", "u@d.example", INKAN_PASS, "ip4:192.0.2.1", NULL, NULL},
	{"P3 other TXT records", "'d.example':{'TXT':['x','v=spf10 -all',' v=spf1 -all','v=spf1 +all']}", CLIENT4,
         "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P3 type 99 is not asked", "'d.example':{'SPF':['v=spf1 +all'],'TXT':['x']}", CLIENT4, "h.example",
         "u@d.example", INKAN_NONE, "", "the domain has no SPF record", NULL},
	{"P4 no record", "'d.example':{'TXT':['x']}", CLIENT4, "h.example", "u@d.example", INKAN_NONE, "",
         "the domain has no SPF record", ""},
	{"P4 no TXT", "'d.example':{'A':['192.0.2.1']}", CLIENT4, "h.example", "u@d.example", INKAN_NONE, "",
         "the domain has no SPF record", ""},
	{"P4 two records", "'d.example':{'TXT':['v=spf1 +all','V=SPF1 +all']}", CLIENT4, "h.example", "u@d.example",
         INKAN_PERMERROR, "", "more than one SPF record (d.example)", ""},
	{"P5 a syntax error behind a match", "'d.example':{'TXT':['v=spf1 +all ipv4:192.0.2.1']}", CLIENT4, "h.example",
         "u@d.example", INKAN_PERMERROR, "", "unknown mechanism (ipv4:192.0.2.1 in the record of d.example)", ""},
	{"P6 -", "'d.example':{'TXT':['v=spf1 -ip4:192.0.2.1 +all']}", CLIENT4, "h.example", "u@d.example", INKAN_FAIL,
         "-ip4:192.0.2.1", "", "DEFAULT"},
	{"P6 ~", "'d.example':{'TXT':['v=spf1 ~all']}", CLIENT4, "h.example", "u@d.example", INKAN_SOFTFAIL, "~all", "",
         ""},
	{"P6 ?", "'d.example':{'TXT':['v=spf1 ?all']}", CLIENT4, "h.example", "u@d.example", INKAN_NEUTRAL, "?all", "",
         ""},
	{"P7 no match is neutral", "'d.example':{'TXT':['v=spf1 ip4:192.0.2.2']}", CLIENT4, "h.example", "u@d.example",
         INKAN_NEUTRAL, "", "", ""},
	{"P7 all ends", "'d.example':{'TXT':['v=spf1 ?all +ip4:192.0.2.1']}", CLIENT4, "h.example", "u@d.example",
         INKAN_NEUTRAL, "?all", NULL, NULL},
	{"P7 redirect",
         "'d.example':{'TXT':['v=spf1 redirect=r.example']},'r.example':{'TXT':['v=spf1 +ip4:192.0.2.1 -all']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, "+ip4:192.0.2.1", NULL, NULL},
	{"P7 redirect comes last",
         "'d.example':{'TXT':['v=spf1 redirect=r.example ip4:192.0.2.1']},'r.example':{'TXT':['v=spf1 -all']}", CLIENT4,
         "h.example", "u@d.example", INKAN_PASS, "ip4:192.0.2.1", NULL, NULL},
	{"P7 redirect with all is ignored", "'d.example':{'TXT':['v=spf1 redirect=nowhere.example ~all']}", CLIENT4,
         "h.example", "u@d.example", INKAN_SOFTFAIL, NULL, NULL, NULL},
	{"P7 redirect to no record", "'d.example':{'TXT':['v=spf1 redirect=r.example']},'r.example':{'TXT':['x']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PERMERROR, "",
         "the domain redirected to has no SPF record (r.example)", NULL},
	{"P7 redirect to a malformed name", "'d.example':{'TXT':['v=spf1 redirect=a..b.example']}", CLIENT4,
         "h.example", "u@d.example", INKAN_PERMERROR, "", "the domain redirected to", NULL},
	{"P7 redirect to one label", "'d.example':{'TXT':['v=spf1 redirect=%{h}']}", CLIENT4, "localhost",
         "u@d.example", INKAN_PERMERROR, "", "the domain redirected to", NULL},
	{"P7 redirect to a time-out",
         "'d.example':{'TXT':['v=spf1 redirect=r.example']},'r.example':{'_error':{'TXT':'TIMEOUT'}}", CLIENT4,
         "h.example", "u@d.example", INKAN_TEMPERROR, "", NULL, NULL},
	{"P7 redirect changes %{d}, not %{o}",
         "'d.example':{'TXT':['v=spf1 redirect=r.example']},'r.example':{'TXT':['v=spf1 "
         "exists:%{d}.%{o}']},'r.example.d.example':{'A':['127.0.0.2']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P7 unknown modifiers", "'d.example':{'TXT':['v=spf1 moo=x moo=y +all']}", CLIENT4, "h.example", "u@d.example",
         INKAN_PASS, NULL, NULL, NULL},

/* include */
#define INCLUDE(qualifier, record) \
	"'d.example':{'TXT':['v=spf1 " qualifier "include:i.example ?all']},'i.example':{" record "}"
	{"P8 include: pass", INCLUDE("", "'TXT':['v=spf1 +all']"), CLIENT4, "h.example", "u@d.example", INKAN_PASS,
         "include:i.example", "", ""},
	{"P8 -include: pass", INCLUDE("-", "'TXT':['v=spf1 +all']"), CLIENT4, "h.example", "u@d.example", INKAN_FAIL,
         "-include:i.example", "", "DEFAULT"},
	{"P8 include: fail", INCLUDE("", "'TXT':['v=spf1 -all']"), CLIENT4, "h.example", "u@d.example", INKAN_NEUTRAL,
         "?all", "", ""},
	{"P8 include: softfail", INCLUDE("", "'TXT':['v=spf1 ~all']"), CLIENT4, "h.example", "u@d.example",
         INKAN_NEUTRAL, "?all", "", ""},
	{"P8 include: neutral", INCLUDE("", "'TXT':['v=spf1']"), CLIENT4, "h.example", "u@d.example", INKAN_NEUTRAL,
         "?all", "", ""},
	{"P8 include: none", INCLUDE("", "'TXT':['x']"), CLIENT4, "h.example", "u@d.example", INKAN_PERMERROR, "",
         "the included domain has no SPF record (i.example)", ""},
	{"P8 include: permerror", INCLUDE("", "'TXT':['v=spf1 moo']"), CLIENT4, "h.example", "u@d.example",
         INKAN_PERMERROR, "", "unknown mechanism (moo in the record of i.example)", ""},
	{"P8 include: temperror", INCLUDE("", "'_error':{'TXT':'SERVFAIL'}"), CLIENT4, "h.example", "u@d.example",
         INKAN_TEMPERROR, "", NULL, ""},
	{"P8 include: NXDOMAIN", "'d.example':{'TXT':['v=spf1 include:i.example ?all']}", CLIENT4, "h.example",
         "u@d.example", INKAN_PERMERROR, "", NULL, NULL},
	{"P8 include of a malformed name", "'d.example':{'TXT':['v=spf1 include:i..example ?all']}", CLIENT4,
         "h.example", "u@d.example", INKAN_PERMERROR, "", NULL, NULL},
	{"P8 include with redirect",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'TXT':['v=spf1 "
         "redirect=r.example']},'r.example':{'TXT':['v=spf1 ip4:192.0.2.1']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, "include:i.example", NULL, NULL},
	{"P8 an error behind a match in an include is not met",
         "'d.example':{'TXT':['v=spf1 include:i.example include:none.example -all']},'i.example':{'TXT':['v=spf1 "
         "+all']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, "include:i.example", NULL, NULL},

	/* addresses */
	{"P13 a", "'d.example':{'TXT':['v=spf1 a -all'],'A':['192.0.2.9','192.0.2.1']}", CLIENT4, "h.example",
         "u@d.example", INKAN_PASS, "a", NULL, NULL},
	{"P13 a asks for AAAA only", "'d.example':{'TXT':['v=spf1 a -all'],'A':['192.0.2.1'],'AAAA':['2001:db8::1']}",
         CLIENT6, "h.example", "u@d.example", INKAN_PASS, "a", NULL, NULL},
	{"P13 a/24", "'d.example':{'TXT':['v=spf1 a:m.example/24 -all']},'m.example':{'A':['192.0.2.200']}", CLIENT4,
         "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P13 a/25", "'d.example':{'TXT':['v=spf1 a:m.example/25 -all']},'m.example':{'A':['192.0.2.200']}", CLIENT4,
         "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P13 a/0", "'d.example':{'TXT':['v=spf1 a:m.example/0 -all']},'m.example':{'A':['10.0.0.1']}", CLIENT4,
         "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P13 a/0 of nothing", "'d.example':{'TXT':['v=spf1 a:m.example/0 -all']},'m.example':{'AAAA':['::1']}",
         CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P13 a//64", "'d.example':{'TXT':['v=spf1 a:m.example//64 -all']},'m.example':{'AAAA':['2001:db8::ffff']}",
         CLIENT6, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P13 a: time-out", "'d.example':{'TXT':['v=spf1 a:m.example +all']},'m.example':{'_error':{'A':'TIMEOUT'}}",
         CLIENT4, "h.example", "u@d.example", INKAN_TEMPERROR, "",
         "DNS look-up failed: no answer in time (A of m.example)", NULL},
	{"P13 mx",
         "'d.example':{'TXT':['v=spf1 mx "
         "-all'],'MX':[[10,'m.example'],[20,'n.example']]},'m.example':{'A':['192.0.2.9']},'n.example':{'A':['192.0.2."
         "1']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, "mx", NULL, NULL},
	{"P13 mx never falls back on the domain's own address",
         "'d.example':{'TXT':['v=spf1 mx -all'],'A':['192.0.2.1']}", CLIENT4, "h.example", "u@d.example", INKAN_FAIL,
         "-all", NULL, NULL},
	{"P13 mx of another domain",
         "'d.example':{'TXT':['v=spf1 mx:o.example/24 "
         "-all']},'o.example':{'MX':[[10,'m.example']]},'m.example':{'A':['192.0.2.9']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P13 mx: a host's time-out",
         "'d.example':{'TXT':['v=spf1 mx +all'],'MX':[[10,'m.example']]},'m.example':{'_error':{'A':'TIMEOUT'}}",
         CLIENT4, "h.example", "u@d.example", INKAN_TEMPERROR, "", NULL, NULL},
	{"P13 mx: a host matches though another has a time-out",
         "'d.example':{'TXT':['v=spf1 mx "
         "-all'],'MX':[[10,'m.example'],[20,'n.example']]},'m.example':{'_error':{'A':'TIMEOUT'}},'n.example':{'A':['"
         "192.0.2.1']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P13 mx: null MX", "'d.example':{'TXT':['v=spf1 mx -all'],'MX':[[0,'.']]}", CLIENT4, "h.example",
         "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P14 an IPv4-mapped client is IPv4: ip4", "'d.example':{'TXT':['v=spf1 ip4:192.0.2.1 -all']}",
         "::ffff:192.0.2.1", "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P14 an IPv4-mapped client is IPv4: a",
         "'d.example':{'TXT':['v=spf1 a//0 a/32 -all'],'A':['192.0.2.1'],'AAAA':['::1']}", "::ffff:192.0.2.1",
         "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P14 an IPv4-mapped client is not IPv6", "'d.example':{'TXT':['v=spf1 ip6:::ffff:0:0/96 -all']}",
         "::ffff:192.0.2.1", "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P17 ip4 for an IPv6 client", "'d.example':{'TXT':['v=spf1 ip4:0.0.0.0/0 -all']}", CLIENT6, "h.example",
         "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P17 ip6 prefix within an octet", "'d.example':{'TXT':['v=spf1 ip6:2001:d80::/26 -all']}", CLIENT6,
         "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P17 ip6 beyond that prefix", "'d.example':{'TXT':['v=spf1 ip6:2001:d80::/27 -all']}", CLIENT6, "h.example",
         "u@d.example", INKAN_FAIL, NULL, NULL, NULL},

/* ptr */
#define REVERSE "'1.2.0.192.in-addr.arpa':{'PTR':['m.d.example','x.example']}"
	{"P15 ptr: a subdomain of the target",
         "'d.example':{'TXT':['v=spf1 ptr -all']},'m.d.example':{'A':['192.0.2.1']}," REVERSE, CLIENT4, "h.example",
         "u@d.example", INKAN_PASS, "ptr", NULL, NULL},
	{"P15 ptr: the target itself",
         "'d.example':{'TXT':['v=spf1 ptr:x.example -all']},'x.example':{'A':['192.0.2.1']}," REVERSE, CLIENT4,
         "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P15 ptr: the target is a subdomain of the name",
         "'d.example':{'TXT':['v=spf1 ptr:y.x.example -all']},'x.example':{'A':['192.0.2.1']}," REVERSE, CLIENT4,
         "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P15 ptr: ends alike, but not at a dot",
         "'d.example':{'TXT':['v=spf1 ptr:.example.com ptr:ample.com "
         "-all']},'x.example.com':{'A':['192.0.2.1']},'1.2.0.192.in-addr.arpa':{'PTR':['x.example.com']}",
         CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P15 ptr: does not lead back",
         "'d.example':{'TXT':['v=spf1 ptr -all']},'m.d.example':{'A':['192.0.2.2']}," REVERSE, CLIENT4, "h.example",
         "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P15 ptr: DNS error of the reverse name is no match",
         "'d.example':{'TXT':['v=spf1 ptr ?all']},'1.2.0.192.in-addr.arpa':{'_error':{'PTR':'TIMEOUT'}}", CLIENT4,
         "h.example", "u@d.example", INKAN_NEUTRAL, "?all", NULL, NULL},
	{"P15 ptr: DNS error of a name is skipped",
         "'d.example':{'TXT':['v=spf1 ptr:example -all "
         "ptr:x.example']},'m.d.example':{'_error':{'A':'SERVFAIL'}},'x.example':{'A':['192.0.2.1']}," REVERSE,
         CLIENT4, "h.example", "u@d.example", INKAN_PERMERROR, NULL, NULL, NULL},
	{"P15 ptr: the next name counts after a DNS error",
         "'d.example':{'TXT':['v=spf1 ptr:%{h} "
         "-all']},'m.d.example':{'_error':{'A':'SERVFAIL'}},'x.example':{'A':['192.0.2.1']}," REVERSE,
         CLIENT4, "example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P15 ptr: IPv6",
         "'d.example':{'TXT':['v=spf1 ptr "
         "-all']},'m.d.example':{'AAAA':['2001:db8::1']},'1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0."
         "0.2.ip6.arpa':{'PTR':['m.d.example']}",
         CLIENT6, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},

	/* exists */
	{"P16 exists",
         "'d.example':{'TXT':['v=spf1 exists:%{ir}.x.example -all']},'1.2.0.192.x.example':{'A':['127.0.0.2']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P16 exists asks for A even for IPv6",
         "'d.example':{'TXT':['v=spf1 exists:x.example -all']},'x.example':{'A':['127.0.0.2']}", CLIENT6, "h.example",
         "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P16 AAAA alone does not make it exist",
         "'d.example':{'TXT':['v=spf1 exists:x.example -all']},'x.example':{'AAAA':['::1']}", CLIENT6, "h.example",
         "u@d.example", INKAN_FAIL, NULL, NULL, NULL},
	{"P16 exists: time-out",
         "'d.example':{'TXT':['v=spf1 exists:x.example -all']},'x.example':{'_error':{'A':'TIMEOUT'}}", CLIENT4,
         "h.example", "u@d.example", INKAN_TEMPERROR, NULL, NULL, NULL},

	/* macros in terms */
	{"P18 %{d} changes in an include, %{o} does not",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'TXT':['v=spf1 "
         "exists:%{d}.%{o}.%{l}.x']},'i.example.d.example.u.x':{'A':['127.0.0.2']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P18 %{d} is back behind the include",
         "'d.example':{'TXT':['v=spf1 include:i.example exists:%{d}.x -all']},'i.example':{'TXT':['v=spf1 "
         "-all']},'d.example.x':{'A':['127.0.0.2']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P18 a name that DNS cannot have does not exist", "'d.example':{'TXT':['v=spf1 a:%{h}.x.example ?all']}",
         CLIENT4, "a..b", "u@d.example", INKAN_NEUTRAL, NULL, NULL, NULL},
	{"P18 a bare % is a syntax error", "'d.example':{'TXT':['v=spf1 exists:%(ir).x.example -all']}", CLIENT4,
         "h.example", "u@d.example", INKAN_PERMERROR, "", "malformed macro (exists:%(ir).x.example", NULL},
	{"P19 %{p} without PTR", "'d.example':{'TXT':['v=spf1 exists:%{p}.x -all']},'unknown.x':{'A':['127.0.0.2']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P19 %{p} that does not lead back",
         "'d.example':{'TXT':['v=spf1 exists:%{p}.x -all']},'unknown.x':{'A':['127.0.0.2']}," REVERSE, CLIENT4,
         "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P19 %{p} after a DNS error",
         "'d.example':{'TXT':['v=spf1 exists:%{p}.x "
         "-all']},'unknown.x':{'A':['127.0.0.2']},'1.2.0.192.in-addr.arpa':{'_error':{'*':'SERVFAIL'}}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P19 %{p}: the domain before a subdomain",
         "'d.example':{'TXT':['v=spf1 exists:%{p}.x "
         "-all'],'A':['192.0.2.1']},'d.example.x':{'A':['127.0.0.2']},'m.d.example':{'A':['192.0.2.1']},'o.example':{'"
         "A':['192.0.2.1']},'1.2.0.192.in-addr.arpa':{'PTR':['o.example','m.d.example','d.example']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P19 %{p}: a subdomain before another name",
         "'d.example':{'TXT':['v=spf1 exists:%{p}.x "
         "-all']},'m.d.example.x':{'A':['127.0.0.2']},'m.d.example':{'A':['192.0.2.1']},'o.example':{'A':['192.0.2.1']}"
         ",'1.2.0.192.in-addr.arpa':{'PTR':['o.example','m.d.example']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P19 %{p}: any name",
         "'d.example':{'TXT':['v=spf1 exists:%{p}.x "
         "-all']},'o.example.x':{'A':['127.0.0.2']},'o.example':{'A':['192.0.2.1']},'1.2.0.192.in-addr.arpa':{'PTR':['"
         "o.example']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},

/* explanations */
#define EXPLAINED(text) "'d.example':{'TXT':['v=spf1 -all exp=e.example']},'e.example':{'TXT':[" text "]}"
	{"P20 exp", EXPLAINED("['%{i} is ','not ours']"), CLIENT4, "h.example", "u@d.example", INKAN_FAIL, "-all", "",
         "192.0.2.1 is not ours"},
	{"P20 no exp", "'d.example':{'TXT':['v=spf1 -all']}", CLIENT4, "h.example", "u@d.example", INKAN_FAIL, "-all",
         "", "DEFAULT"},
	{"P20 not for softfail", "'d.example':{'TXT':['v=spf1 ~all exp=e.example']},'e.example':{'TXT':['no']}",
         CLIENT4, "h.example", "u@d.example", INKAN_SOFTFAIL, NULL, NULL, ""},
	{"P20 not that of an include",
         "'d.example':{'TXT':['v=spf1 -include:i.example']},'i.example':{'TXT':['v=spf1 +all "
         "exp=e.example']},'e.example':{'TXT':['no']}",
         CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, "DEFAULT"},
	{"P20 that of the redirect's target",
         "'d.example':{'TXT':['v=spf1 exp=no.example redirect=r.example']},'r.example':{'TXT':['v=spf1 -all "
         "exp=e.example']},'no.example':{'TXT':['no']},'e.example':{'TXT':['yes from %{d}']}",
         CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, "yes from r.example"},
	{"P20 not the one before a redirect",
         "'d.example':{'TXT':['v=spf1 exp=no.example redirect=r.example']},'r.example':{'TXT':['v=spf1 "
         "-all']},'no.example':{'TXT':['no']}",
         CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, "DEFAULT"},
	{"P20 no such name", "'d.example':{'TXT':['v=spf1 -all exp=e.example']}", CLIENT4, "h.example", "u@d.example",
         INKAN_FAIL, NULL, NULL, "DEFAULT"},
	{"P20 time-out", "'d.example':{'TXT':['v=spf1 -all exp=e.example']},'e.example':{'_error':{'*':'TIMEOUT'}}",
         CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, "DEFAULT"},
	{"P20 two TXT records", EXPLAINED("'a','b'"), CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL,
         "DEFAULT"},
	{"P20 a syntax error", EXPLAINED("'100% no'"), CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL,
         "DEFAULT"},
	{"P20 not ASCII", EXPLAINED("'\xc3\xa9'"), CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL,
         "DEFAULT"},
	{"P20 a line end", EXPLAINED("'a\\r\\nb'"), CLIENT4, "h.example", "u@d.example", INKAN_FAIL, NULL, NULL,
         "DEFAULT"},
	{"P20 a control character by a macro", EXPLAINED("'%{h}'"), CLIENT4, "h\001.example", "u@d.example", INKAN_FAIL,
         NULL, NULL, "DEFAULT"},
	{"P20 %{p}", EXPLAINED("'%{p}'") ",'x.example':{'A':['192.0.2.1']}," REVERSE, CLIENT4, "h.example",
         "u@d.example", INKAN_FAIL, NULL, NULL, "x.example"},
	{"P20 macros in the name",
         "'d.example':{'TXT':['v=spf1 -all exp=%{ir}.e.example']},'1.2.0.192.e.example':{'TXT':['found']}", CLIENT4,
         "h.example", "u@d.example", INKAN_FAIL, NULL, NULL, "found"},

	/* internationalised mail */
	{"P21 %{l} of a local part that is not ASCII matches nothing",
         "'d.example':{'TXT':['v=spf1 exists:%{l}.x exists:y.x ~all']},'y.x':{'A':['127.0.0.2']}", CLIENT4, "h.example",
         "\xc3\xa9@d.example", INKAN_PASS, "exists:y.x", NULL, NULL},
	{"P21 %{s} neither", "'d.example':{'TXT':['v=spf1 -exists:%{s}.x +all']}", CLIENT4, "h.example",
         "\xc3\xa9@d.example", INKAN_PASS, "+all", NULL, NULL},
	{"P21 nor an include", "'d.example':{'TXT':['v=spf1 include:%{l}.x ~all']}", CLIENT4, "h.example",
         "\xc3\xa9@d.example", INKAN_SOFTFAIL, "~all", NULL, NULL},
	{"P21 a redirect is as if it were not there", "'d.example':{'TXT':['v=spf1 redirect=%{l}.x']}", CLIENT4,
         "h.example", "\xc3\xa9@d.example", INKAN_NEUTRAL, "", "", NULL},
	{"P21 an explanation neither", "'d.example':{'TXT':['v=spf1 -all exp=%{l}.x']}", CLIENT4, "h.example",
         "\xc3\xa9@d.example", INKAN_FAIL, NULL, NULL, "DEFAULT"},
	{"P21 nor its text", EXPLAINED("'%{l}'"), CLIENT4, "h.example", "\xc3\xa9@d.example", INKAN_FAIL, NULL, NULL,
         "DEFAULT"},
	{"P21 %{L} in an explanation is ASCII", EXPLAINED("'%{L}'"), CLIENT4, "h.example", "\xc3\xa9@d.example",
         INKAN_FAIL, NULL, NULL, "%C3%A9"},
	{"P21 other macros still match",
         "'d.example':{'TXT':['v=spf1 exists:%{o}.x -all']},'d.example.x':{'A':['127.0.0.2']}", CLIENT4, "h.example",
         "\xc3\xa9@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P22 U-labels become A-labels",
         "'xn--bcher-kva.example':{'TXT':['v=spf1 exists:%{d}.%{o}.x "
         "-all']},'xn--bcher-kva.example.xn--bcher-kva.example.x':{'A':['127.0.0.2']}",
         CLIENT4, "h.example",
         "u@b\xc3\xbc"
         "cher.example",
         INKAN_PASS, NULL, NULL, NULL},
	{"P22 upper case as well", "'xn--bcher-kva.example':{'TXT':['v=spf1 +all']}", CLIENT4, "h.example",
         "u@B\xc3\x9c"
         "CHER.example",
         INKAN_PASS, NULL, NULL, NULL},
	{"P22 labels with an underscore stay", "'_x.xn--bcher-kva.example':{'TXT':['v=spf1 +all']}", CLIENT4,
         "h.example",
         "u@_x.b\xc3\xbc"
         "cher.example",
         INKAN_PASS, NULL, NULL, NULL},
	{"P22 HELO too", "'xn--bcher-kva.example':{'TXT':['v=spf1 +all']}", CLIENT4,
         "b\xc3\xbc"
         "cher.example",
         "", INKAN_PASS, NULL, NULL, NULL},
	{"P22 what is not UTF-8 is no domain", "", CLIENT4, "h.example",
         "u@b\xfc"
         "cher.example",
         INKAN_NONE, "", "not a domain name", NULL},
	{"P22 nor what IDNA does not allow", "", CLIENT4, "h.example", "u@\xe2\x98\x83\xef\xbc\x8f.example", INKAN_NONE,
         "", "not a domain name", NULL},

	/* names with a dot at the end */
	{"P26 include",
         "'d.example':{'TXT':['v=spf1 include:i.example. -all']},'i.example':{'TXT':['v=spf1 "
         "exists:%{d}.x']},'i.example.x':{'A':['127.0.0.2']}",
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
	{"P26 ptr", "'d.example':{'TXT':['v=spf1 ptr:x.example. -all']},'x.example':{'A':['192.0.2.1']}," REVERSE,
         CLIENT4, "h.example", "u@d.example", INKAN_PASS, NULL, NULL, NULL},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	struct evidence *e = zone_load(r->zone);
	struct spf_query q = zone_query(r->ip, r->helo, r->sender);
	struct arena arena;

	arena_init(&arena, ZONE_ARENA_MAX);
	struct inkan_spf_result result = zone_check(&arena, e, &q, INKAN_SPF_MAILFROM);

	if (result.result != r->result)
		fail_msg("%s (%s) by \"%s\"", inkan_result_name(result.result), result.reason, result.mechanism);
	assert_int_equal(result.identity, INKAN_SPF_MAILFROM);
	if (r->mechanism)
		assert_string_equal(result.mechanism, r->mechanism);
	if (r->reason && strncmp(result.reason, r->reason, r->reason[0] ? strlen(r->reason) : 1) != 0)
		fail_msg("reason: %s", result.reason);
	if (r->explanation)
		assert_string_equal(result.explanation, r->explanation);
	assert_true(strncmp(result.section, "RFC 7208 section ", 17) == 0);
	arena_release(&arena);
	evidence_free(e);
}

/* ---- the HELO identity (P1) ---- */

static const struct helo_row {
	const char *name;
	const char *helo;
	enum inkan_result result;
	const char *domain;
} helos[] = {
	{"P1 HELO", "H.example", INKAN_PASS, "h.example"},
	{"P1 HELO with a final dot", "h.example.", INKAN_PASS, "h.example"},
	{"P1 HELO without a record", "other.example", INKAN_NONE, "other.example"},
	{"P1 HELO is a literal", "[192.0.2.1]", INKAN_NONE, "[192.0.2.1]"},
	{"P1 HELO is an IPv6 literal", "[IPv6:2001:db8::1]", INKAN_NONE, "[ipv6:2001:db8::1]"},
	{"P1 HELO is one label", "h", INKAN_NONE, "h"},
	{"P1 HELO is rubbish", "JUMPIN' JUPITER", INKAN_NONE, "jumpin'?jupiter"},
	{"P1 no HELO", "", INKAN_NONE, ""},
};

static void run_helo(const void *row)
{
	const struct helo_row *r = row;
	struct evidence *e = zone_load(
		"'h.example':{'TXT':['v=spf1 exists:%{l}.%{o}.x -all']},'postmaster.h.example.x':{'A':['127.0.0.2']},"
		"'d.example':{'TXT':['v=spf1 -all']}");
	struct spf_query q = zone_query(CLIENT4, r->helo, "u@d.example");
	struct arena arena;

	arena_init(&arena, ZONE_ARENA_MAX);
	struct inkan_spf_result result = zone_check(&arena, e, &q, INKAN_SPF_HELO);

	assert_string_equal(inkan_result_name(result.result), inkan_result_name(r->result));
	assert_int_equal(result.identity, INKAN_SPF_HELO);
	assert_string_equal(result.domain, r->domain);
	arena_release(&arena);
	evidence_free(e);
}

/* ---- counts (P9, P10, P11, P25) ---- */

static const struct count_row {
	const char *name;
	const char *zone;
	enum inkan_result result;
	unsigned lookups, void_lookups;
	bool uses_macros_of_sender;
} counts[] = {
	{"P9 ten terms", "'d.example':{'TXT':['v=spf1 a a a a a a a a a a ip4:192.0.2.1 -all'],'A':['10.0.0.1']}",
         INKAN_PASS, 10, 0, false},
	{"P9 eleven terms", "'d.example':{'TXT':['v=spf1 a a a a a a a a a a a ip4:192.0.2.1 -all'],'A':['10.0.0.1']}",
         INKAN_PERMERROR, 11, 0, false},
	{"P9 an eleventh behind a match does not count",
         "'d.example':{'TXT':['v=spf1 a a a a a a a a a a ip4:192.0.2.1 a -all'],'A':['10.0.0.1']}", INKAN_PASS, 10, 0,
         false},
	{"P9 all, ip4, ip6 and exp are free",
         "'d.example':{'TXT':['v=spf1 ip4:10.0.0.1 ip6:::1 x=y -all exp=e.example']},'e.example':{'TXT':['x']}",
         INKAN_FAIL, 0, 0, false},
	{"P9 each kind costs one",
         "'d.example':{'TXT':['v=spf1 a mx ptr exists:x.example include:i.example "
         "redirect=i.example'],'A':['10.0.0.1'],'MX':[[1,'d.example']]},'x.example':{'TXT':['x'],'A':[]},'i.example':{'"
         "TXT':['v=spf1']},'1.2.0.192.in-addr.arpa':{'PTR':['o.example']}",
         INKAN_NEUTRAL, 6, 1, false},
	{"P9 a redirect as the tenth",
         "'d.example':{'TXT':['v=spf1 a a a a a a a a a "
         "redirect=i.example'],'A':['10.0.0.1']},'i.example':{'TXT':['v=spf1 +all']}",
         INKAN_PASS, 10, 0, false},
	{"P9 a redirect as the eleventh",
         "'d.example':{'TXT':['v=spf1 a a a a a a a a a a "
         "redirect=i.example'],'A':['10.0.0.1']},'i.example':{'TXT':['v=spf1 +all']}",
         INKAN_PERMERROR, 11, 0, false},
	{"P9 terms of includes count",
         "'d.example':{'TXT':['v=spf1 include:i.example a a a a "
         "ip4:192.0.2.1'],'A':['10.0.0.1']},'i.example':{'TXT':['v=spf1 a a a a a'],'A':['10.0.0.1']}",
         INKAN_PASS, 10, 0, false},
	{"P9 terms of includes count, eleven",
         "'d.example':{'TXT':['v=spf1 include:i.example a a a a a "
         "ip4:192.0.2.1'],'A':['10.0.0.1']},'i.example':{'TXT':['v=spf1 a a a a a'],'A':['10.0.0.1']}",
         INKAN_PERMERROR, 11, 0, false},
	{"P9 a record that includes itself", "'d.example':{'TXT':['v=spf1 include:d.example +all']}", INKAN_PERMERROR,
         11, 0, false},
	{"P9 a record that redirects to itself", "'d.example':{'TXT':['v=spf1 redirect=d.example']}", INKAN_PERMERROR,
         11, 0, false},
	{"P10 ten MX records",
         "'d.example':{'TXT':['v=spf1 mx "
         "?all'],'MX':[[1,'m.x'],[2,'m.x'],[3,'m.x'],[4,'m.x'],[5,'m.x'],[6,'m.x'],[7,'m.x'],[8,'m.x'],[9,'m.x'],[10,'"
         "n.x']]},'m.x':{'A':['10.0.0.1']},'n.x':{'A':['192.0.2.1']}",
         INKAN_PASS, 1, 0, false},
	{"P10 eleven MX records",
         "'d.example':{'TXT':['v=spf1 mx "
         "?all'],'MX':[[1,'n.x'],[2,'m.x'],[3,'m.x'],[4,'m.x'],[5,'m.x'],[6,'m.x'],[7,'m.x'],[8,'m.x'],[9,'m.x'],[10,'"
         "m.x'],[11,'m.x']]},'m.x':{'A':['10.0.0.1']},'n.x':{'A':['192.0.2.1']}",
         INKAN_PERMERROR, 1, 0, false},
	{"P10 ten PTR names",
         "'d.example':{'TXT':['v=spf1 ptr:x.y "
         "?all']},'1.2.0.192.in-addr.arpa':{'PTR':['a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','n.x.y']},'n."
         "x.y':{'A':['192.0.2.1']}",
         INKAN_PASS, 1, 0, false},
	{"P10 an eleventh PTR name is ignored",
         "'d.example':{'TXT':['v=spf1 ptr:x.y "
         "?all']},'1.2.0.192.in-addr.arpa':{'PTR':['a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','n.x.y']"
         "},'n.x.y':{'A':['192.0.2.1']}",
         INKAN_NEUTRAL, 1, 0, false},
	{"P10 %{p}: an eleventh PTR name is ignored",
         "'d.example':{'TXT':['v=spf1 exists:%{p}.x "
         "?all']},'1.2.0.192.in-addr.arpa':{'PTR':['a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','a.z','n.y']},"
         "'n.y':{'A':['192.0.2.1']},'unknown.x':{'A':['127.0.0.2']}",
         INKAN_PASS, 1, 0, false},
	{"P11 two void look-ups", "'d.example':{'TXT':['v=spf1 a:none.example exists:none.example +all']}", INKAN_PASS,
         2, 2, false},
	{"P11 three void look-ups",
         "'d.example':{'TXT':['v=spf1 a:none.example exists:none.example mx:none.example +all']}", INKAN_PERMERROR, 3,
         3, false},
	{"P11 NODATA counts as NXDOMAIN does", "'d.example':{'TXT':['v=spf1 a mx exists:d.example +all']}",
         INKAN_PERMERROR, 3, 3, false},
	{"P11 ptr without names", "'d.example':{'TXT':['v=spf1 ptr +all']}", INKAN_PASS, 1, 1, false},
	{"P11 mx counts once though no host has an address",
         "'d.example':{'TXT':['v=spf1 mx +all'],'MX':[[1,'m.x'],[2,'n.x'],[3,'o.x']]}", INKAN_PASS, 1, 1, false},
	{"P11 mx does not count where one host has an address",
         "'d.example':{'TXT':['v=spf1 mx +all'],'MX':[[1,'m.x'],[2,'n.x'],[3,'o.x']]},'o.x':{'A':['10.0.0.1']}",
         INKAN_PASS, 1, 0, false},
	{"P11 errors of DNS are not void",
         "'d.example':{'TXT':['v=spf1 ptr ptr ptr +all']},'1.2.0.192.in-addr.arpa':{'_error':{'*':'SERVFAIL'}}",
         INKAN_PASS, 3, 0, false},
	{"P11 names that DNS cannot have are not void",
         "'d.example':{'TXT':['v=spf1 a:a..x mx:a..x exists:a..x +all']}", INKAN_PASS, 3, 0, false},
	{"P11 a null MX is not void", "'d.example':{'TXT':['v=spf1 mx +all'],'MX':[[0,'.']]}", INKAN_PASS, 1, 0, false},
	{"P25 no macro of the sender",
         "'d.example':{'TXT':['v=spf1 exists:%{ir}.%{d}.x ?all']},'1.2.0.192.d.example.x':{'A':['127.0.0.2']}",
         INKAN_PASS, 1, 0, false},
	{"P25 %{s}", "'d.example':{'TXT':['v=spf1 a:%{s}.x ?all']}", INKAN_NEUTRAL, 1, 1, true},
	{"P25 %{l}", "'d.example':{'TXT':['v=spf1 exists:%{l}.x ?all']}", INKAN_NEUTRAL, 1, 1, true},
	{"P25 %{O}", "'d.example':{'TXT':['v=spf1 exists:%{O}.x ?all']}", INKAN_NEUTRAL, 1, 1, true},
	{"P25 %{h}",
         "'d.example':{'TXT':['v=spf1 include:i.example ?all']},'i.example':{'TXT':['v=spf1 exists:%{h}.x']}",
         INKAN_NEUTRAL, 2, 1, true},
	{"P25 a term that was not processed", "'d.example':{'TXT':['v=spf1 ip4:192.0.2.1 exists:%{h}.x']}", INKAN_PASS,
         0, 0, false},
	{"P25 the explanation's name", "'d.example':{'TXT':['v=spf1 -all exp=%{l}.x']}", INKAN_FAIL, 0, 0, true},
	{"P25 the explanation's text", "'d.example':{'TXT':['v=spf1 -all exp=e.x']},'e.x':{'TXT':['%{S}']}", INKAN_FAIL,
         0, 0, true},
};

static void run_count(const void *row)
{
	const struct count_row *r = row;
	struct evidence *e = zone_load(r->zone);
	struct spf_query q = zone_query(CLIENT4, "h.example", "u@d.example");
	struct arena arena;

	arena_init(&arena, ZONE_ARENA_MAX);
	struct inkan_spf_result result = zone_check(&arena, e, &q, INKAN_SPF_MAILFROM);

	if (result.result != r->result)
		fail_msg("%s (%s) by \"%s\"", inkan_result_name(result.result), result.reason, result.mechanism);
	assert_int_equal(result.lookups, r->lookups);
	assert_int_equal(result.void_lookups, r->void_lookups);
	assert_int_equal(result.uses_macros_of_sender, r->uses_macros_of_sender);
	arena_release(&arena);
	evidence_free(e);
}

static void void_limit_is_configurable(const void *row)
{
	struct evidence *e = zone_load("'d.example':{'TXT':['v=spf1 a:n.example a:n.example a:n.example +all']}");
	struct spf_query q = zone_query(CLIENT4, "h.example", "u@d.example");
	struct arena arena;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	q.void_lookups_max = 3;
	assert_int_equal(zone_check(&arena, e, &q, INKAN_SPF_MAILFROM).result, INKAN_PASS);
	q.void_lookups_max = 0;
	assert_int_equal(zone_check(&arena, e, &q, INKAN_SPF_MAILFROM).result, INKAN_PERMERROR);
	arena_release(&arena);
	evidence_free(e);
}

/* <domain> of check_host() that is not the sender's. */
static void other_domain(const void *row)
{
	struct evidence *e = zone_load(
		"'b.example':{'TXT':['v=spf1 exists:%{d}.%{o}.x']},'b.example.d.example.x':{'A':['127.0.0.2']}");
	struct spf_query q = zone_query(CLIENT4, "h.example", "u@d.example");
	struct arena arena;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	q.domain = STR("B.example");
	struct inkan_spf_result result = zone_check(&arena, e, &q, INKAN_SPF_MAILFROM);

	assert_int_equal(result.result, INKAN_PASS);
	assert_string_equal(result.domain, "b.example");
	arena_release(&arena);
	evidence_free(e);
}

static void long_sender(const void *row)
{
	static char sender[SPF_SENDER_MAX + 1];
	struct evidence *e = zone_load("'d.example':{'TXT':['v=spf1 +all']}");
	struct arena arena;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	memset(sender, 'x', sizeof sender);
	for (size_t n = SPF_SENDER_MAX; n <= SPF_SENDER_MAX + 1; n++) {
		struct spf_query q = zone_query(CLIENT4, "h.example", "");

		memcpy(sender + n - 10, "@d.example", 10);
		q.sender = str_from(sender, n);
		assert_int_equal(zone_check(&arena, e, &q, INKAN_SPF_MAILFROM).result,
		                 n == SPF_SENDER_MAX ? INKAN_PASS : INKAN_NONE);
	}
	arena_release(&arena);
	evidence_free(e);
}

/* ---- what a trace says ---- */

struct trace {
	struct buf text;
};

static void note(void *context, const struct spf_trace_event *event)
{
	static const char *const kinds[] = {"record", "question", "term", "result"};
	struct trace *t = context;

	buf_printf(&t->text, "%s %u %.*s [%.*s] [%.*s] %s %u %u\n", kinds[event->kind], event->depth,
	           STR_ARG(event->domain), STR_ARG(event->term), STR_ARG(event->detail), event->result, event->lookups,
	           event->void_lookups);
}

static void trace(const void *row)
{
	static const char want[] =
		"question 0  [] [TXT d.example: \"v=spf1 a:m.example include:i.example -all\"]  0 0\n"
		"record 0 d.example [v=spf1 a:m.example include:i.example -all] []  0 0\n"
		"question 0 d.example [a:m.example] [A m.example: NXDOMAIN]  1 0\n"
		"term 0 d.example [a:m.example] [] no match 1 1\n"
		"question 0 d.example [include:i.example] [TXT i.example: \"v=spf1 redirect=r.example\"]  2 1\n"
		"record 1 i.example [v=spf1 redirect=r.example] []  2 1\n"
		"question 1 i.example [redirect=r.example] [TXT r.example: \"v=spf1 mx\"]  3 1\n"
		"record 2 r.example [v=spf1 mx] []  3 1\n"
		"question 2 r.example [mx] [MX r.example: n.example]  4 1\n"
		"question 2 r.example [mx] [A n.example: 192.0.2.9, 192.0.2.1]  4 1\n"
		"term 2 r.example [mx] [] match 4 1\n"
		"term 0 d.example [include:i.example] [] match 4 1\n"
		"result 0  [include:i.example] [] pass 4 1\n";
	struct evidence *e = zone_load(
		"'d.example':{'TXT':['v=spf1 a:m.example include:i.example -all']},'i.example':{'TXT':['v=spf1 "
		"redirect=r.example']},"
		"'r.example':{'TXT':['v=spf1 mx'],'MX':[[5,'n.example']]},'n.example':{'A':['192.0.2.9','192.0.2.1']}");
	struct spf_query q = zone_query(CLIENT4, "h.example", "u@d.example");
	struct inkan_spf_result result;
	struct trace t;
	struct arena arena;
	bool pending;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	buf_init(&t.text, 100000);
	assert_int_equal(spf_check_mailfrom(&arena, e, &q, note, &t, &result, &pending), INKAN_OK);
	buf_put_char(&t.text, '\0');
	assert_int_equal(buf_error(&t.text), INKAN_OK);
	assert_string_equal(t.text.p, want);
	buf_release(&t.text);
	arena_release(&arena);
	evidence_free(e);
}

static void identity_names(const void *row)
{
	(void)row;
	assert_string_equal(inkan_spf_identity_name(INKAN_SPF_MAILFROM), "mailfrom");
	assert_string_equal(inkan_spf_identity_name(INKAN_SPF_HELO), "helo");
	assert_string_equal(inkan_spf_identity_name(INKAN_SPF_NOT_CHECKED), "");
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, helos, run_helo);
	TEST_TABLE(&list, counts, run_count);
	test_add(&list, "P11 the limit of void look-ups is configurable", void_limit_is_configurable, NULL);
	test_add(&list, "a <domain> that is not the sender's", other_domain, NULL);
	test_add(&list, "a sender of 4096 octets, and of 4097", long_sender, NULL);
	test_add(&list, "trace", trace, NULL);
	test_add(&list, "names of identities", identity_names, NULL);
	return test_run(&list, "spf/evaluate");
}
