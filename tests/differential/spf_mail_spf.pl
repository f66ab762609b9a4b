#!/usr/bin/perl
# SPF verdicts of Mail::SPF for spf_peers.py: spf_mail_spf.pl SNAPSHOT TUPLES prints "result TAB text" for each line of TUPLES.
use strict;
use warnings;

package Zone;
use Net::DNS;

sub new { my ($class, $zone) = @_; return bless {zone => $zone, error => ''}, $class }
sub errorstring { return $_[0]{error} }

sub send {
    my ($self, $name, $type) = @_;
    my $packet = Net::DNS::Packet->new($name, $type);
    (my $key = lc $name) =~ s/\.$//;
    my $entry = $self->{zone}{$key};

    $self->{error} = '';
    $packet->header->qr(1);
    if (!$entry) {
        $packet->header->rcode('NXDOMAIN');
        return $packet;
    }
    my $trouble = $entry->{_error} && !$entry->{$type} ? $entry->{_error}{$type} || $entry->{_error}{'*'} : '';
    if ($trouble eq 'TIMEOUT') {
        $self->{error} = 'query timed out';
        return undef;
    }
    if ($trouble) {
        $packet->header->rcode('SERVFAIL');
        return $packet;
    }
    for my $data (@{$entry->{$type} || []}) {
        my %fields = $type eq 'TXT' ? (txtdata => ref $data ? $data : [$data])
          : $type eq 'MX'  ? (preference => $data->[0], exchange => $data->[1])
          : $type eq 'PTR' ? (ptrdname => $data)
          :                  (address => $data);
        $packet->push(answer => Net::DNS::RR->new(name => $name, type => $type, ttl => 60, %fields));
    }
    return $packet;
}

package main;
use JSON::PP;
use Mail::SPF;

my ($snapshot, $tuples) = @ARGV;
open my $f, '<:raw', $snapshot or die $!;
my $zone = JSON::PP->new->utf8->decode(do { local $/; <$f> });
my $server = Mail::SPF::Server->new(
    dns_resolver => Zone->new($zone), hostname => 'unknown', query_rr_types => Mail::SPF::Server->query_rr_type_txt,
    default_authority_explanation => 'DEFAULT');

open $f, '<:raw', $tuples or die $!;
while (my $line = <$f>) {
    chomp $line;
    my ($ip, $helo, $sender) = split /\t/, $line, -1;
    my $result = eval {
        my $request = $sender ne ''
          ? Mail::SPF::Request->new(versions => [1], scope => 'mfrom', identity => $sender, ip_address => $ip, helo_identity => $helo)
          : Mail::SPF::Request->new(versions => [1], scope => 'helo', identity => $helo, ip_address => $ip);
        $server->process($request);
    };
    my $error = $@;
    $error =~ s/\s+/ /g;
    my $text = $result ? $result->text : $error;
    $text =~ s/\s+/ /g;
    print $result ? $result->code : 'exception', "\t$text\n";
}
