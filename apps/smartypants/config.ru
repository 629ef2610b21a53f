require_relative "smarty_pants"

run SmartyPants.new
