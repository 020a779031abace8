"""AWS services other than the table: connection management, the reply queue, parameters."""
