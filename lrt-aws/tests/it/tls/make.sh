#!/bin/sh
# Creates the certificates of the test servers: a root, an intermediate and a server, each with RSA-2048, as AWS's endpoints
# have. They are valid for a hundred years.
set -eu
cd "$(dirname "$0")"
request() { openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -subj "/CN=lrt-aws test $1" -out "$1.csr"; }
sign() { openssl x509 -req -sha256 -days 36500 -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -extfile "$1.ext" -out "$1.pem"; }
for name in root intermediate server; do request "$name"; done
echo "basicConstraints=critical,CA:TRUE" | tee root.ext >intermediate.ext
printf 'basicConstraints=CA:FALSE\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n' >server.ext
openssl x509 -req -sha256 -days 36500 -in root.csr -signkey root.key -extfile root.ext -out root.pem
sign intermediate root
sign server intermediate
cat server.pem intermediate.pem >chain.pem
mv server.key server-key.pem
rm -f ./*.csr ./*.ext ./*.srl root.key intermediate.key server.pem intermediate.pem
