import{a as G}from"./chunk-7KWKPRJ3.js";import{a as D}from"./chunk-V74R4PZ6.js";import{b as z}from"./chunk-OYJLUT6D.js";import{b as F,c as q}from"./chunk-QLZ46DTY.js";import{a as k}from"./chunk-4YALDK3C.js";import{a as v,b as V}from"./chunk-WQNOXECZ.js";import"./chunk-A5KFDUZV.js";import{b as u}from"./chunk-HZVHJNCT.js";import{a as h}from"./chunk-LSKVQWEN.js";import{a as $}from"./chunk-QCITNMUN.js";import{b as w,e as m}from"./chunk-IIW3BLOX.js";import"./chunk-ZVTLTR5U.js";import{d as f}from"./chunk-5HTXFBE2.js";import{D as y,H as K,I as P,a as r,b as _,f as b,i as T,m as p}from"./chunk-DYZXLK2B.js";import{d as x,h as g,k as W}from"./chunk-NIKDHXBC.js";import{g as j,i as R,k as E}from"./chunk-37NB6NY5.js";import{k as A,l as n}from"./chunk-QNZ3L47H.js";var H={final:["ok","final"],best:["info","best chain"],fork:["warn","fork"]};function M(){return n`<${D} tab="chain" title="Chain" question="What does the chain itself say?">${()=>n`<${I} />`}<//>`}function I(){let t=[JSON.stringify(x.value)],e=h("the chain",i=>$.jamStats({},{signal:i}),{every:6e3}),s=h("the blocks on chain",i=>$.jamBlocks({...g(),limit:100},{signal:i}),{every:6e3,deps:t}),l=h("the reorganisations",i=>$.jamReorganisations({...g(),limit:100},{signal:i}),{every:3e4,deps:t});return n`<div class="cards">
    <${m} answer=${e}>
      ${i=>n`<div class="cards">
        <${u} title="Heads"><${O} data=${i} /><//>
        <${u} title="Endpoints" note="nodes whose RPC is read" flush><${J} data=${i} /><//>
      </div>`}
    <//>
    <${u} title="Blocks" note="newest first" flush>
      <${m} answer=${s} isEmpty=${i=>!i.blocks.length} empty=${n`<${w} title="No block in this range." />`}>
        ${i=>n`<${U} data=${i} />`}
      <//>
    <//>
    <${u} title="Reorganisations" note="changes of the best chain" flush>
      <${m}
        answer=${l}
        isEmpty=${i=>!i.reorganisations.length}
        empty=${n`<${w} title="None in this range." />`}
      >
        ${i=>n`<${Q} rows=${i.reorganisations} />`}
      <//>
    <//>
    <${X} />
    <${te} />
  </div>`}function O({data:{best:t,finalized:e,...s}}){let l=t&&e?t.slot-e.slot:null;return n`<${V} large>
    <${v} id="best" label="Best block" value=${S(t)} note=${t&&n`<${P} value=${t.seen_at} />`} />
    <${v} id="finalized" label="Final block" value=${S(e)} note=${l===null?void 0:`${p(l,"slot")} behind`} />
    <${v} id="validators" label="Validators" value=${r(s.validator_count)} note=${p(s.core_count??0,"core")} />
    <${v} id="reorganisations" label="Reorganisations" value=${r(s.reorganisations)} note=${`of ${p(s.blocks,"known block")}, ${r(s.forks)} on forks`} />
    <${v}
      id="missing"
      label="Without statistics"
      value=${r(s.missing_statistics)}
      state=${s.missing_statistics?"warn":void 0}
      note="blocks whose statistics no node had"
    />
  <//>`}function S(t){return t?n`<a href=${R(`slots/${t.slot}`)}>${r(t.slot)}</a>`:"\u2014"}function J({data:t}){return n`<${f}
    caption="Endpoints"
    rows=${t.endpoints}
    rowKey=${e=>t.endpoints.indexOf(e)}
    height=${200}
    empty="The chain process has not answered yet."
    columns=${[{id:"url",title:"URL",value:e=>e.url,cell:e=>n`<span class="mono">${e.url??"hidden"}</span>`,rank:1},{id:"state",title:"State",value:e=>e.connected,cell:e=>n`<${y} state=${e.connected?"ok":"bad"} word=${e.connected?"connected":"not connected"} />`,rank:2},{id:"since",title:"Since",value:e=>e.since,cell:e=>e.since?n`<${P} value=${e.since} />`:"\u2014"},{id:"best",title:"Best",end:!0,value:e=>e.best_slot,cell:e=>r(e.best_slot),rank:3},{id:"final",title:"Final",end:!0,value:e=>e.finalized_slot,cell:e=>r(e.finalized_slot)},{id:"requests",title:"Requests",end:!0,value:e=>e.requests,cell:e=>r(e.requests)},{id:"failures",title:"Failed",end:!0,value:e=>e.failures,cell:e=>n`<span title=${e.error}>${r(e.failures)}</span>`},{id:"reconnects",title:"Reconnects",end:!0,value:e=>e.reconnects,cell:e=>r(e.reconnects)}]}
  />`}function U({data:t}){let e=G(),s=h("the authors",o=>$.slots({count:120},{signal:o}),{every:12e3}),l=A(()=>new Map((s.data?.slots??[]).flatMap(({blocks:o})=>o.map(({hash:d,author:N})=>[d,N]))),[s.data]),i=o=>{let d=l.get(o.header_hash);return n`<span class="nowrap">
      ${d&&n`<${F} node=${e.get(d.node_id)??d} /> `}
      <span class="muted" title="Index in the validator set">${o.author_index===null?"\u2014":`#${r(o.author_index)}`}</span>
    </span>`},a=(o,d,N)=>({id:o,title:d,help:N,end:!0,value:C=>C[o],cell:C=>r(C[o])});return n`
    ${!t.complete&&t.slots.blocks>t.blocks.length&&n`<p class="card-note" role="status">Newest ${r(t.blocks.length)} of ${p(t.slots.blocks,"block")} in this range.</p>`}
    <${f}
      caption="Blocks on chain"
      rows=${t.blocks}
      rowKey=${o=>o.header_hash}
      csv="chain-blocks"
      height=${420}
      columns=${[{id:"slot",title:"Slot",value:o=>o.slot,cell:S,rank:1},{id:"status",title:"Status",value:o=>o.status,cell:o=>n`<${y} state=${H[o.status][0]} word=${H[o.status][1]} />`,rank:2},{id:"hash",title:"Block",value:o=>o.header_hash,cell:o=>n`<${q} value=${o.header_hash} />`},{id:"author",title:"Author",value:o=>o.author_index,cell:i,rank:3},a("reports","Reports","Cores with a report guaranteed in the block"),a("guarantors","Guarantors","Validators with a guarantee in the block"),a("assurers","Assurers","Validators with an assurance in the block"),a("tickets","Tickets","In the block"),a("preimages","Preimages","In the block"),{id:"irregularity",title:"Note",value:o=>o.irregularity,cell:o=>o.irregularity&&n`<${y} state="warn" hideWord word=${o.irregularity} />`}]}
    />
  `}function Q({rows:t}){return n`<${f}
    caption="Reorganisations"
    rows=${t}
    rowKey=${e=>`${e.timestamp} ${e.new.header_hash}`}
    height=${200}
    columns=${[{id:"time",title:"Time",value:e=>e.timestamp,cell:e=>n`<${K} value=${e.timestamp} />`,rank:1},{id:"left",title:"Left",end:!0,help:"Blocks that were left",value:e=>e.left.length,cell:e=>n`<span title=${e.left.map(T).join(", ")}>${p(e.left.length,"block")}</span>`,rank:2},{id:"slot",title:"New best",end:!0,value:e=>e.new.slot,cell:e=>S(e.new),rank:3}]}
  />`}function L(){let[t,e]=W();return`${Math.max(6,Math.ceil((e-t)/6e4))}s`}function X(){let t=j.value.parameters.of==="services",e=[JSON.stringify(x.value)],s=h("the cores on chain",a=>$.jamCores({...g(),step:L()},{signal:a}),{every:12e3,deps:e,when:!t}),l=h("the services on chain",a=>$.jamServices({...g(),step:L()},{signal:a}),{every:12e3,deps:e,when:t}),i=n`<${z}
    label="Cores or services"
    choices=${[{id:"cores",label:"cores"},{id:"services",label:"services"}]}
    selected=${t?"services":"cores"}
    onSelect=${a=>E({of:a==="services"?a:void 0})}
  />`;return n`
    <${u} size="half" title="Work on chain over time" note="of the blocks in the range" actions=${i}>
      <${m} answer=${t?l:s}>
        ${a=>n`<${Y} rows=${a.series} services=${t} />`}
      <//>
    <//>
    <${u} size="half" title=${t?"Services":"Cores"} flush>
      <${m} answer=${t?l:s}>
        ${a=>t?n`<${ee} rows=${a.services} />`:n`<${Z} rows=${a.cores} />`}
      <//>
    <//>
  `}function Y({rows:t,services:e}){let s=A(()=>t.map(({at:i})=>Date.parse(i)),[t]);if(!t.length)return n`<${w} title="No bucket of this range has work yet." />`;let l=i=>t.map(a=>a[i]===null?null:Number(a[i]));return e?n`
      <${k} title="Gas of services" x=${s} series=${[{label:"refinement",values:l("refinement_gas_used")},{label:"accumulation",values:l("accumulate_gas_used")}]} />
      <${k} title="Segments of services" x=${s} series=${[{label:"imports",values:l("imports")},{label:"exports",values:l("exports")}]} />
    `:n`
    <${k} title="Gas of refinement" x=${s} series=${[{label:"gas",values:l("gas_used"),fill:!0}]} height=${110} />
    <${k} title="Data that became available" x=${s} series=${[{label:"DA load",values:l("da_load"),fill:!0}]} format=${b} height=${110} />
    <${k} title="Popularity: assurances that mark a core" x=${s} series=${[{label:"popularity",values:l("popularity")}]} format=${i=>r(i,1)} height=${110} />
  `}function c(t,e,s,l,i=a=>a[t]){return{id:t,title:e,end:!0,value:a=>i(a)==null?null:Number(i(a)),cell:a=>s(i(a)==null?null:Number(i(a))),rank:l}}function Z({rows:t}){return n`<${f}
    caption="Cores on chain"
    rows=${t}
    rowKey=${e=>e.core_index}
    sort="core"
    sortParameter="cores"
    csv="chain-cores"
    height=${380}
    columns=${[{id:"core",title:"Core",value:e=>e.core_index,cell:e=>n`<a href=${R(`cores/${e.core_index}`)}>${r(e.core_index)}</a>`,rank:1},c("gas_used","Gas",_,2),c("da_load","DA load",b,3),c("popularity","Popularity",e=>r(e,1)),c("imports","Imports",r),c("exports","Exports",r),c("blocks","Blocks",r)]}
  />`}function ee({rows:t}){let e=({code_info:s})=>s?.Known?.name??s?.Known?.code_name??"";return n`<${f}
    caption="Services on chain"
    rows=${t}
    rowKey=${s=>s.id}
    sort="-refinement"
    sortParameter="services"
    csv="chain-services"
    height=${380}
    columns=${[{id:"id",title:"Service",value:s=>s.id,cell:s=>n`<span class="mono">${s.id}</span> ${e(s)}`,rank:1},c("refinement","Refine gas",_,2,s=>s.activity?.refinement_gas_used),c("accumulate","Accumulate gas",_,3,s=>s.activity?.accumulate_gas_used),c("items","Work items",r,void 0,s=>s.activity?.refinement_count),c("provided","Preimages",r,void 0,s=>s.activity?.provided_count),c("bytes","Account",b)]}
  />`}function te(){let t=[JSON.stringify(x.value)],e=h("the validators on chain",s=>$.jamValidators(g(),{signal:s}),{every:12e3,deps:t});return n`<${m} answer=${e}>
    ${s=>{let l=s.epochs.reduce((a,o)=>a===null||(o.epoch??-1)>(a.epoch??-1)?o:a,null),i=s.validators.filter(a=>a.epoch===l?.epoch);return n`<${u} title="Validators" note=${l?`epoch ${r(l.epoch)}, ${l.exact?"as the chain has it":"sum of the blocks in the range"}`:void 0} flush>
        <${f}
          caption="Validators on chain"
          rows=${i}
          rowKey=${a=>a.validator_index}
          sort="index"
          sortParameter="validators"
          csv="chain-validators"
          height=${420}
          empty="No block of this range has statistics yet."
          columns=${[{id:"index",title:"Validator",value:a=>a.validator_index,cell:a=>`#${r(a.validator_index)}`,rank:1},c("blocks","Blocks",r,2),c("guarantees","Guarantees",r,3),c("assurances","Assurances",r),c("tickets","Tickets",r),c("preimages","Preimages",r),c("preimages_size","Preimages' size",b)]}
        />
      <//>`}}
  <//>`}export{M as default};
