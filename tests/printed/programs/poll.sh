# Health, nodes, events and figures with curl and jq.
set -euo pipefail
ask() { curl --silent --show-error --fail "$TART_URL$1"; }

echo status "$(ask /api/health | jq -r .status)"
echo nodes "$(ask /api/nodes | jq '.nodes | length')"
ask /api/nodes \
  | jq -r '.nodes[] | [.node_id, .implementation_name, .event_count, .is_connected] | @csv' \
  > nodes.csv
node=$(head -1 nodes.csv | cut -d, -f1 | tr -d '"')
[ "$(ask "/api/nodes/${node:0:12}" | jq -r .node_id)" = "$node" ]
echo events "$(ask "/api/nodes/$node/events?limit=10" | jq '.events | length')"
ask '/api/events?limit=10000' > events.json
echo recent "$(jq '.events | length' events.json)"
jq -e '[.events[] | select(.event_type == 11)] | length >= 0' events.json > /dev/null
echo best "$(ask /api/stats | jq .best_block)"
