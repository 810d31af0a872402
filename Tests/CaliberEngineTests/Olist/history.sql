-- The Olist files as one history: every event in the order of time, as CloudEvents, one a line.
--
-- What was known when is read off the log, which knows a thing from the moment at which it was loaded. Files that are
-- loaded one after the other would have all reviews arrive after all orders; and the export has no time for payments,
-- gives pieces the time by which they are to be shipped, and keeps where an order goes in another file. So:
--   - a payment, a piece and the description of an order are known from the purchase on;
--   - what became of an order in the end is known from the export on: it has no time of its own;
--   - everything else has its own time.
-- {data} is the folder of the CSV files, {output} the file that is written.
COPY (
  WITH
    orders AS (FROM read_csv('{data}/slice_olist_orders_dataset.csv.gz', header = true, all_varchar = true)),
    payments AS (FROM read_csv('{data}/slice_olist_order_payments_dataset.csv.gz', header = true, all_varchar = true)),
    items AS (FROM read_csv('{data}/slice_olist_order_items_dataset.csv.gz', header = true, all_varchar = true)),
    reviews AS (FROM read_csv('{data}/slice_olist_order_reviews_dataset.csv.gz', header = true, all_varchar = true)),
    customers AS (FROM read_csv('{data}/slice_olist_customers_dataset.csv.gz', header = true, all_varchar = true)),
    products AS (FROM read_csv('{data}/full_olist_products_dataset.csv.gz', header = true, all_varchar = true)),
    sellers AS (FROM read_csv('{data}/full_olist_sellers_dataset.csv.gz', header = true, all_varchar = true)),
    -- The latest moment that any file tells of.
    export AS (
      SELECT greatest((SELECT max(review_answer_timestamp) FROM reviews), max(order_purchase_timestamp),
                      max(order_delivered_customer_date)) AS made_at
      FROM orders),
    -- Its first piece speaks for an order where pieces differ, and its largest payment.
    baskets AS (
      SELECT order_id, first(seller_id ORDER BY order_item_id) AS seller_id,
             first(seller_state ORDER BY order_item_id) AS seller_state,
             first(product_category_name ORDER BY order_item_id) AS category,
             CAST(sum(CAST(product_weight_g AS BIGINT)) AS BIGINT) AS weight_grams,
             CAST(max(CAST(product_photos_qty AS BIGINT)) AS BIGINT) AS photo_count
      FROM items LEFT JOIN products USING (product_id) LEFT JOIN sellers USING (seller_id)
      GROUP BY order_id),
    largest_payments AS (
      SELECT order_id,
             first(payment_type ORDER BY CAST(payment_value AS DECIMAL(18, 2)) DESC, payment_sequential) AS payment_type
      FROM payments GROUP BY order_id),
    events AS (
      SELECT 'olist_orders' AS source, 'order.purchased' AS type,
             order_id || '-purchased' AS id, order_purchase_timestamp AS local, 1 AS rank,
             json_object('order_id', order_id, 'customer_id', customer_id, 'order_status', 'created',
                         'purchased_at', order_purchase_timestamp,
                         'estimated_delivery_at', order_estimated_delivery_date) AS data
      FROM orders
      UNION ALL
      SELECT 'olist_customers', 'order.described', order_id || '-described', order_purchase_timestamp, 2,
             json_object('order_id', order_id, 'customer_state', customer_state, 'customer_city', customer_city,
                         'seller_id', seller_id, 'seller_state', seller_state,
                         'route', seller_state || '-' || customer_state,
                         'country', 'BR', 'category', category, 'weight_grams', weight_grams,
                         'photo_count', photo_count, 'payment_type', payment_type)
      FROM orders JOIN customers USING (customer_id) LEFT JOIN baskets USING (order_id)
           LEFT JOIN largest_payments USING (order_id)
      UNION ALL
      SELECT 'olist_order_items', 'order.item_sold', order_id || '-' || order_item_id, order_purchase_timestamp, 3,
             json_object('order_id', order_id, 'order_item_id', CAST(order_item_id AS BIGINT),
                         'product_id', product_id, 'seller_id', seller_id, 'shipping_limit_at', shipping_limit_date,
                         'price', price, 'freight_value', freight_value)
      FROM items JOIN orders USING (order_id)
      UNION ALL
      SELECT 'olist_order_payments', 'order.payment_made',
             order_id || '-' || payment_sequential, order_purchase_timestamp, 4,
             json_object('order_id', order_id, 'payment_sequential', CAST(payment_sequential AS BIGINT),
                         'payment_type', payment_type,
                         'payment_installments', CAST(payment_installments AS BIGINT),
                         'payment_value', payment_value)
      FROM payments JOIN orders USING (order_id)
      UNION ALL
      SELECT 'olist_orders', 'order.approved', order_id || '-approved', order_approved_at, 5,
             json_object('order_id', order_id, 'approved_at', order_approved_at)
      FROM orders WHERE order_approved_at IS NOT NULL
      UNION ALL
      SELECT 'olist_orders', 'order.handed_over', order_id || '-handed_over', order_delivered_carrier_date, 6,
             json_object('order_id', order_id, 'carrier_at', order_delivered_carrier_date)
      FROM orders WHERE order_delivered_carrier_date IS NOT NULL
      UNION ALL
      SELECT 'olist_orders', 'order.delivered', order_id || '-delivered', order_delivered_customer_date, 7,
             json_object('order_id', order_id, 'delivered_at', order_delivered_customer_date)
      FROM orders WHERE order_delivered_customer_date IS NOT NULL
      UNION ALL
      SELECT 'olist_order_reviews', 'order.reviewed', review_id || '-' || order_id, review_answer_timestamp, 8,
             json_object('review_id', review_id, 'order_id', order_id, 'score', CAST(review_score AS BIGINT),
                         'asked_at', review_creation_date, 'answered_at', review_answer_timestamp)
      FROM reviews
      UNION ALL
      SELECT 'olist_orders', 'order.ended', order_id || '-ended', made_at, 9,
             json_object('order_id', order_id, 'ended_as', order_status)
      FROM orders, export)
  SELECT '1.0' AS specversion, source, type, id,
         strftime(timezone('UTC', timezone('America/Sao_Paulo', CAST(local AS TIMESTAMP))), '%Y-%m-%dT%H:%M:%SZ')
           AS time,
         data
  FROM events
  ORDER BY timezone('America/Sao_Paulo', CAST(local AS TIMESTAMP)), rank, id
) TO '{output}' (FORMAT json)
