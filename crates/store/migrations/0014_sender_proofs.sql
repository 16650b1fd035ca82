-- The digest of a sender was the same in all receipts of that sender, so that they showed which are of one. From now on
-- the hash of the transaction is in it: idos/receipt-sender/v2, over the digest that it was before.
UPDATE receipts SET sender_proof = sha256(CAST(
    x'1600000000000000' || 'idos/receipt-sender/v2'
    || x'2000000000000000' || hash
    || x'2000000000000000' || sender_proof AS BLOB));
