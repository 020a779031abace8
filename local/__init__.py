"""The local run: the shipped ``template.yaml`` on one machine, without an AWS account.

ministack stands in for the AWS services; the gateway, the Lambda runtime and the event sources
are here. Everything is read from the template; nothing is repeated by hand.
"""
