#!/usr/bin/perl
# Mail::DKIM as judge and signer for test_interop.py.
#   mail_dkim.pl verify DNS.json FILE...                     one line a file: the result of each signature
#   mail_dkim.pl sign KEY DOMAIN SELECTOR METHOD FILE...     FILE.signed beside each
# LF line ends are read as CRLF. DNS.json: a snapshot as inkan reads it, TXT records only.
use strict;
use warnings;
use JSON::PP;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::TextWrap;
use Mail::DKIM::Verifier;
use Net::DNS;

sub slurp {
    my ($path) = @_;
    local $/;
    open my $file, '<:raw', $path or die "$path: $!";
    return scalar <$file>;
}

sub message {
    my $text = slurp($_[0]);
    $text =~ s/(?<!\r)\n/\r\n/g;
    return $text;
}

sub answer_from {
    my ($records) = @_;
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name, $type) = @_;
        my $known = $records->{lc $name} or do { $@ = 'NXDOMAIN'; return };
        $@ = '';
        return map {
            Net::DNS::RR->new(name => $name, type => 'TXT', ttl => 60,
                              txtdata => ref $_ ? $_ : [unpack '(a250)*', $_])
        } @{ $known->{TXT} || [] };
    };
    return;
}

my $what = shift @ARGV;
if ($what eq 'verify') {
    answer_from(decode_json(slurp(shift @ARGV)));
    for my $path (@ARGV) {
        my $verifier = Mail::DKIM::Verifier->new;
        my @results = eval {
            $verifier->PRINT(message($path));
            $verifier->CLOSE;
            map { $_->result } $verifier->signatures;
        };
        print $@ ? "error: $@" : join(' ', @results) . "\n";
    }
}
else {
    my ($key, $domain, $selector, $method) = splice @ARGV, 0, 4;
    my $private = Mail::DKIM::PrivateKey->load(File => $key);
    for my $path (@ARGV) {
        my $signer = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256', Method => $method, Domain => $domain,
                                             Selector => $selector, Key => $private);
        my $text = message($path);
        $signer->PRINT($text);
        $signer->CLOSE;
        open my $out, '>:raw', "$path.signed" or die "$path.signed: $!";
        print {$out} $signer->signature->as_string, "\r\n", $text;
        close $out or die "$path.signed: $!";
    }
}
